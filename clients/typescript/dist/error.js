/**
 * A response that reports a failure, of the service or of a gateway before it, or one that is not the
 * service's, such as the page of a proxy.
 */
export class ApiError extends Error {
    status;
    detail;
    reason;
    fields;
    requestId;
    retryAfter;
    name = "ApiError";
    constructor(
    /** The HTTP status. It is from 400 on if the response reports a failure. */
    status, 
    /** What went wrong, for people. */
    detail, 
    /** A stable name for programs, such as "no_such_run", or "" if the error is from a gateway. */
    reason = "", 
    /** The invalid fields of the request, if the status is 422. */
    fields = [], 
    /** The id of the request in the log of the service, or "". */
    requestId = "", 
    /** The seconds to wait before the request is repeated, or 0. */
    retryAfter = 0) {
        const rules = fields.flatMap(({ field, errors }) => errors.map((rule) => `; ${field} ${rule.message}`));
        super(`${status}: ${detail}${rules.join("")}`);
        this.status = status;
        this.detail = detail;
        this.reason = reason;
        this.fields = fields;
        this.requestId = requestId;
        this.retryAfter = retryAfter;
    }
}
/** Reads the response, whose status is 400 or greater. */
export async function errorOf(response) {
    // The body of another server's error need not be JSON. Then the status is the message.
    const body = await response.json().catch(() => null);
    const { message, reason, fields } = (typeof body === "object" && body !== null ? body : {});
    return new ApiError(response.status, typeof message === "string" && message !== "" ? message : response.statusText || "failed", typeof reason === "string" ? reason : "", Array.isArray(fields) ? fields : [], response.headers.get("X-Request-Id") ?? "", seconds(response.headers.get("Retry-After") ?? ""));
}
/** Returns the delay that a Retry-After, a number of seconds or a date, asks for. */
function seconds(value) {
    if (/^\d+$/.test(value))
        return Number(value);
    const date = Date.parse(value);
    return Number.isNaN(date) ? 0 : Math.max(0, (date - Date.now()) / 1000);
}
