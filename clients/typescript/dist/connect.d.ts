import { type Client } from "openapi-fetch";
import type { paths } from "../schema.js";
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
/**
 * Returns a client of the service at a URL such as http://localhost:8022. It sends no request. A call
 * fails with an ApiError, or with the error of fetch if there is no response.
 */
export declare function connect(server: string, options?: Options): Runs;
