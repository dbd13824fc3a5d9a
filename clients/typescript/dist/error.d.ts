import type { components } from "../schema.js";
export type FieldError = components["schemas"]["FieldError"];
/**
 * A response that reports a failure, of the service or of a gateway before it, or one that is not the
 * service's, such as the page of a proxy.
 */
export declare class ApiError extends Error {
    /** The HTTP status. It is from 400 on if the response reports a failure. */
    readonly status: number;
    /** What went wrong, for people. */
    readonly detail: string;
    /** A stable name for programs, such as "no_such_run", or "" if the error is from a gateway. */
    readonly reason: string;
    /** The invalid fields of the request, if the status is 422. */
    readonly fields: FieldError[];
    /** The id of the request in the log of the service, or "". */
    readonly requestId: string;
    /** The seconds to wait before the request is repeated, or 0. */
    readonly retryAfter: number;
    readonly name = "ApiError";
    constructor(
    /** The HTTP status. It is from 400 on if the response reports a failure. */
    status: number, 
    /** What went wrong, for people. */
    detail: string, 
    /** A stable name for programs, such as "no_such_run", or "" if the error is from a gateway. */
    reason?: string, 
    /** The invalid fields of the request, if the status is 422. */
    fields?: FieldError[], 
    /** The id of the request in the log of the service, or "". */
    requestId?: string, 
    /** The seconds to wait before the request is repeated, or 0. */
    retryAfter?: number);
}
/** Reads the response, whose status is 400 or greater. */
export declare function errorOf(response: Response): Promise<ApiError>;
