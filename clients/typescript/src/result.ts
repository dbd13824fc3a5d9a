import { ApiError } from "./error.js";

/** What a method of the client returns. */
interface Result<T> {
  data?: T;
  response: Response;
}

/** Returns the decoded body of a call's response: `const run = await ok(api.GET(...))`. */
export async function ok<T>(call: Promise<Result<T>>): Promise<T> {
  const { data, response } = await call;
  if (data === undefined && response.status !== 204) throw new ApiError(response.status, "the response has no body");
  return data as T;
}

/**
 * Yields the items of all pages of a list. An item that exists when the first page is read is yielded
 * exactly once.
 *
 *     for await (const run of items((page) => api.GET("/v1/runs", { params: { query: { page } } })))
 *
 * @param list gets a page. It is called with the cursor of the page, or undefined for the first one.
 */
export async function* items<T>(
  list: (page: string | undefined) => Promise<Result<{ items: T[]; next_page: string | null }>>,
): AsyncGenerator<T, void, undefined> {
  let page: string | undefined;
  do {
    const { items, next_page } = await ok(list(page));
    yield* items;
    page = next_page ?? undefined;
  } while (page !== undefined);
}
