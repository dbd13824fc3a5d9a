import createClient, { type Client } from "openapi-fetch";
import type { paths } from "../schema.js";
import { ApiError, errorOf } from "./error.js";
import { sleep } from "./sleep.js";

/** A client of the service. Its methods are those of openapi-fetch: GET, POST and so on. */
export type Runs = Client<paths>;

/** Who calls the service and how. */
export interface Options {
  /**
   * The value of X-Tenant-Id. Without it, the tenant is that of the token, or the default one of the
   * deployment.
   */
  tenant?: string;
  /** A bearer token, for deployments with AuthMode jwt, or a function that returns one. It is called for each request. */
  token?: string | (() => string | Promise<string>);
  /** Sends requests, and may sign them. The default is the fetch of the platform. */
  fetch?: (request: Request) => Promise<Response>;
  /** How often a request is repeated that the service refused for the moment or that did not reach it. The default is 3. */
  retries?: number;
}

// The milliseconds before the first repetition, and the longest Retry-After that is obeyed.
const firstDelay = 500;
const maxDelay = 30_000;

/**
 * Returns a client of the service at a URL such as http://localhost:8022. It sends no request. A call
 * fails with an ApiError, or with the error of fetch if there is no response.
 */
export function connect(server: string, options: Options = {}): Runs {
  return createClient<paths>({ baseUrl: server, fetch: (request) => send(request, options) });
}

async function send(request: Request, options: Options): Promise<Response> {
  const { tenant, token, retries = 3 } = options;
  if (tenant && !request.headers.has("X-Tenant-Id")) request.headers.set("X-Tenant-Id", tenant);
  if (token && !request.headers.has("Authorization")) {
    request.headers.set("Authorization", `Bearer ${typeof token === "string" ? token : await token()}`);
  }
  // With a key the service does once what is sent twice. The other methods need none.
  if (request.method === "POST" && !request.headers.has("Idempotency-Key")) {
    request.headers.set("Idempotency-Key", crypto.randomUUID());
  }
  for (let attempt = 0; ; attempt++) {
    try {
      return await once(request.clone(), options.fetch ?? globalThis.fetch);
    } catch (error) {
      const delay = delayAfter(error, attempt);
      if (delay === undefined || attempt >= retries || request.signal.aborted) throw error;
      await sleep(delay, request.signal);
    }
  }
}

async function once(request: Request, send: (request: Request) => Promise<Response>): Promise<Response> {
  const response = await send(request);
  if (response.status >= 400) throw await errorOf(response);
  const { status, headers } = response;
  if (status < 300 && status !== 204 && !hasContent(request) && !/^application\/json\b/i.test(headers.get("Content-Type") ?? "")) {
    throw new ApiError(status, "the response is not JSON, so it is not the service's");
  }
  return response;
}

/** Reports whether the service responds with content of any type. */
function hasContent(request: Request): boolean {
  return /\/(blob|file)$/.test(new URL(request.url).pathname);
}

/**
 * Returns the milliseconds to wait after a failed attempt, the first of which has the number 0, or
 * undefined if another one would fail too.
 */
function delayAfter(error: unknown, attempt: number): number | undefined {
  // The delay doubles. Half of it is random, so that clients that were refused together do not
  // return together.
  const delay = firstDelay * 2 ** attempt * (0.5 + Math.random() / 2);
  if (!(error instanceof ApiError)) return Math.min(delay, maxDelay);
  // A request is in progress if it is the first attempt, whose response was lost.
  if (error.status !== 429 && error.status !== 503 && error.reason !== "request_in_progress") return undefined;
  const obeyed = Math.max(delay, error.retryAfter * 1000);
  return obeyed <= maxDelay ? obeyed : undefined;
}
