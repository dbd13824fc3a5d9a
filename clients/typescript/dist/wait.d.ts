import type { components, operations } from "../schema.js";
import type { Runs } from "./connect.js";
type Run = components["schemas"]["Run"];
type LogEntry = components["schemas"]["LogEntry"];
type LogQuery = NonNullable<operations["list-run-logs"]["parameters"]["query"]>;
/**
 * Waits until the run is finished and returns it. A run that is paused is not finished. If the run is
 * deleted, the ApiError has the status 404. The signal bounds the time.
 *
 * Each request waits at the service, which responds as soon as the status changes.
 */
export declare function waitRun(api: Runs, runId: string, options?: {
    signal?: AbortSignal;
}): Promise<Run>;
/**
 * Yields the entries of the run's log that match the query as they are recorded: the last ones that
 * exist, at most a page of them, and then each new one, until the run is finished. It asks for new
 * ones every two seconds.
 */
export declare function followLog(api: Runs, runId: string, query?: LogQuery, options?: {
    signal?: AbortSignal;
}): AsyncGenerator<LogEntry, void, undefined>;
export {};
