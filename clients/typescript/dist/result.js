import { ApiError } from "./error.js";
/** Returns the decoded body of a call's response: `const run = await ok(api.GET(...))`. */
export async function ok(call) {
    const { data, response } = await call;
    if (data === undefined && response.status !== 204)
        throw new ApiError(response.status, "the response has no body");
    return data;
}
/**
 * Yields the items of all pages of a list. An item that exists when the first page is read is yielded
 * exactly once.
 *
 *     for await (const run of items((page) => api.GET("/v1/runs", { params: { query: { page } } })))
 *
 * @param list gets a page. It is called with the cursor of the page, or undefined for the first one.
 */
export async function* items(list) {
    let page;
    do {
        const { items, next_page } = await ok(list(page));
        yield* items;
        page = next_page ?? undefined;
    } while (page !== undefined);
}
