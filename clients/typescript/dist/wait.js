import { ApiError } from "./error.js";
import { items, ok } from "./result.js";
import { sleep } from "./sleep.js";
// The longest that the service lets a request wait, and the least milliseconds between two requests
// that ask for news.
const wait = "20s";
const poll = 2000;
/**
 * Waits until the run is finished and returns it. A run that is paused is not finished. If the run is
 * deleted, the ApiError has the status 404. The signal bounds the time.
 *
 * Each request waits at the service, which responds as soon as the status changes.
 */
export async function waitRun(api, runId, options = {}) {
    const { signal } = options;
    const get = (query) => ok(api.GET("/v1/runs/{run_id}", { params: { path: { run_id: runId }, query }, signal }));
    let run = await get({});
    for (let waits = true; run.status !== "finished";) {
        const began = Date.now();
        const last = run.status;
        try {
            run = await get(waits ? { wait, while: last } : {});
        }
        catch (error) {
            if (!waits || !(error instanceof ApiError) || error.status !== 422)
                throw error;
            waits = false; // a service that cannot wait yet
        }
        if (run.status === last)
            await sleep(Math.max(0, began + poll - Date.now()), signal);
    }
    return run;
}
/**
 * Yields the entries of the run's log that match the query as they are recorded: the last ones that
 * exist, at most a page of them, and then each new one, until the run is finished. It asks for new
 * ones every two seconds.
 */
export async function* followLog(api, runId, query = {}, options = {}) {
    const { signal } = options;
    const path = { run_id: runId };
    const list = (page) => api.GET("/v1/runs/{run_id}/logs", { params: { path, query: { ...query, page } }, signal });
    let last;
    for (let first = true;; first = false) {
        // The run first: if it is finished, the log that is read after it is complete.
        const run = await ok(api.GET("/v1/runs/{run_id}", { params: { path }, signal }));
        let entries = [];
        if (first)
            entries = (await ok(list(undefined))).items;
        else {
            for await (const entry of items(list)) {
                if (entry.id === last)
                    break;
                entries.push(entry);
            }
        }
        last = entries[0]?.id ?? last;
        yield* entries.reverse();
        if (run.status === "finished")
            return;
        await sleep(poll, signal);
    }
}
