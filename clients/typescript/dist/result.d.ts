/** What a method of the client returns. */
interface Result<T> {
    data?: T;
    response: Response;
}
/** Returns the decoded body of a call's response: `const run = await ok(api.GET(...))`. */
export declare function ok<T>(call: Promise<Result<T>>): Promise<T>;
/**
 * Yields the items of all pages of a list. An item that exists when the first page is read is yielded
 * exactly once.
 *
 *     for await (const run of items((page) => api.GET("/v1/runs", { params: { query: { page } } })))
 *
 * @param list gets a page. It is called with the cursor of the page, or undefined for the first one.
 */
export declare function items<T>(list: (page: string | undefined) => Promise<Result<{
    items: T[];
    next_page: string | null;
}>>): AsyncGenerator<T, void, undefined>;
export {};
