import createClient from "openapi-fetch";
import { ApiError, errorOf } from "./error.js";
import { sleep } from "./sleep.js";
// The milliseconds before the first repetition, and the longest Retry-After that is obeyed.
const firstDelay = 500;
const maxDelay = 30_000;
/**
 * Returns a client of the service at a URL such as http://localhost:8022. It sends no request. A call
 * fails with an ApiError, or with the error of fetch if there is no response.
 */
export function connect(server, options = {}) {
    return createClient({ baseUrl: server, fetch: (request) => send(request, options) });
}
async function send(request, options) {
    const { tenant, token, retries = 3 } = options;
    if (tenant && !request.headers.has("X-Tenant-Id"))
        request.headers.set("X-Tenant-Id", tenant);
    if (token && !request.headers.has("Authorization")) {
        request.headers.set("Authorization", `Bearer ${typeof token === "string" ? token : await token()}`);
    }
    // With a key the service does once what is sent twice. The other methods need none.
    if (request.method === "POST" && !request.headers.has("Idempotency-Key")) {
        request.headers.set("Idempotency-Key", crypto.randomUUID());
    }
    for (let attempt = 0;; attempt++) {
        try {
            return await once(request.clone(), options.fetch ?? globalThis.fetch);
        }
        catch (error) {
            const delay = delayAfter(error, attempt);
            if (delay === undefined || attempt >= retries || request.signal.aborted)
                throw error;
            await sleep(delay, request.signal);
        }
    }
}
async function once(request, send) {
    const response = await send(request);
    if (response.status >= 400)
        throw await errorOf(response);
    const { status, headers } = response;
    if (status < 300 && status !== 204 && !hasContent(request) && !/^application\/json\b/i.test(headers.get("Content-Type") ?? "")) {
        throw new ApiError(status, "the response is not JSON, so it is not the service's");
    }
    return response;
}
/** Reports whether the service responds with content of any type. */
function hasContent(request) {
    return /\/(blob|file)$/.test(new URL(request.url).pathname);
}
/**
 * Returns the milliseconds to wait after a failed attempt, the first of which has the number 0, or
 * undefined if another one would fail too.
 */
function delayAfter(error, attempt) {
    // The delay doubles. Half of it is random, so that clients that were refused together do not
    // return together.
    const delay = firstDelay * 2 ** attempt * (0.5 + Math.random() / 2);
    if (!(error instanceof ApiError))
        return Math.min(delay, maxDelay);
    // A request is in progress if it is the first attempt, whose response was lost.
    if (error.status !== 429 && error.status !== 503 && error.reason !== "request_in_progress")
        return undefined;
    const obeyed = Math.max(delay, error.retryAfter * 1000);
    return obeyed <= maxDelay ? obeyed : undefined;
}
