import type { components } from "../schema.js";

export type FieldError = components["schemas"]["FieldError"];

/**
 * A response that reports a failure, of the service or of a gateway before it, or one that is not the
 * service's, such as the page of a proxy.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** The HTTP status. It is from 400 on if the response reports a failure. */
    readonly status: number,
    /** What went wrong, for people. */
    readonly detail: string,
    /** A stable name for programs, such as "no_such_run", or "" if the error is from a gateway. */
    readonly reason = "",
    /** The invalid fields of the request, if the status is 422. */
    readonly fields: FieldError[] = [],
    /** The id of the request in the log of the service, or "". */
    readonly requestId = "",
    /** The seconds to wait before the request is repeated, or 0. */
    readonly retryAfter = 0,
  ) {
    const rules = fields.flatMap(({ field, errors }) => errors.map((rule) => `; ${field} ${rule.message}`));
    super(`${status}: ${detail}${rules.join("")}`);
  }
}

/** Reads the response, whose status is 400 or greater. */
export async function errorOf(response: Response): Promise<ApiError> {
  // The body of another server's error need not be JSON. Then the status is the message.
  const body: unknown = await response.json().catch(() => null);
  const { message, reason, fields } = (typeof body === "object" && body !== null ? body : {}) as {
    message?: unknown;
    reason?: unknown;
    fields?: unknown;
  };
  return new ApiError(
    response.status,
    typeof message === "string" && message !== "" ? message : response.statusText || "failed",
    typeof reason === "string" ? reason : "",
    Array.isArray(fields) ? (fields as FieldError[]) : [],
    response.headers.get("X-Request-Id") ?? "",
    seconds(response.headers.get("Retry-After") ?? ""),
  );
}

/** Returns the delay that a Retry-After, a number of seconds or a date, asks for. */
function seconds(value: string): number {
  if (/^\d+$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? 0 : Math.max(0, (date - Date.now()) / 1000);
}
