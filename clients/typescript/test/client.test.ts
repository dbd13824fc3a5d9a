// Tests the client without a service.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { ApiError, connect, followLog, items, ok, waitRun, type Options } from "@inndx/runs";

const runId = "0197f3a4-88d0-7e6a-b1f3-9c2b54e7a610";

type Reply = () => Response;

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Reply => () =>
  Response.json(body, { status, headers });
const page = (items: unknown[], next_page: string | null = null) => json(200, { items, next_page });
const run = (status: string, more = {}) => json(200, { id: runId, status, ...more });
const refused = (seconds: string) => json(429, { message: "Too Many Requests" }, { "Retry-After": seconds });
const busy = json(503, { code: 503, message: "busy", reason: "unavailable" });
const created = json(201, { name: "example" });
const broken: Reply = () => {
  throw new TypeError("fetch failed");
};

/** Returns a client that gets the replies one after another, then the last one, and what it sends. */
function script(replies: Reply[], options: Options = {}) {
  const requests: { url: URL; headers: Headers; body: string }[] = [];
  const api = connect("http://service.test", {
    ...options,
    fetch: async (request) => {
      const { url, headers } = request;
      const reply = replies[Math.min(requests.length, replies.length - 1)]!;
      requests.push({ url: new URL(url), headers: new Headers(headers), body: await request.text() });
      return reply();
    },
  });
  return { api, requests, queries: () => requests.map(({ url }) => url.searchParams.toString()) };
}

/** Lets timers fire at once, and returns the sum of their delays in milliseconds. */
function timers(): () => number {
  let sum = 0;
  let now = 0;
  const { setTimeout: real } = globalThis;
  mock.method(globalThis, "setTimeout", (callback: () => void, delay = 0) => {
    sum += delay;
    now += delay;
    return real(callback, 0);
  });
  mock.method(Date, "now", () => now);
  return () => sum;
}

const create = (api: ReturnType<typeof connect>, key?: string) =>
  ok(
    api.POST("/v1/jobs", {
      params: { header: key === undefined ? {} : { "Idempotency-Key": key } },
      body: { name: "example", config: { filters: [] } },
    }),
  );
const get = (api: ReturnType<typeof connect>) =>
  ok(api.GET("/v1/runs/{run_id}", { params: { path: { run_id: runId } } }));
const statusOf = (error: unknown) => (error instanceof ApiError ? error.status : error);

test("headers", async () => {
  const tokens = ["a", "b", "c"];
  const { api, requests } = script([created], { tenant: "acme", token: async () => tokens.shift()! });
  await create(api);
  await create(api);
  await create(api, "given");
  const sent = (name: string) => requests.map(({ headers }) => headers.get(name));
  assert.deepEqual(sent("X-Tenant-Id"), ["acme", "acme", "acme"]);
  assert.deepEqual(sent("Authorization"), ["Bearer a", "Bearer b", "Bearer c"]);
  const keys = sent("Idempotency-Key");
  assert.equal(new Set(keys).size, 3);
  assert.ok(keys[0] && keys[1] && keys[2] === "given");
});

for (const [name, replies, requests, least, status, retries] of [
  ["refused, then created", [refused("7"), created], 2, 7000],
  ["busy, without Retry-After", [busy, busy, created], 3, 750],
  ["the response was lost", [broken, json(409, { message: "wait", reason: "request_in_progress" }), created], 3, 0],
  ["busy for too long", [busy], 4, 0, 503],
  ["no repetitions", [busy], 1, 0, 503, 0],
  ["a Retry-After of an hour", [refused("3600")], 1, 0, 429],
  ["a wrong Retry-After", [refused("soon")], 4, 0, 429],
  ["a failure of the service", [json(500, {})], 1, 0, 500],
  ["a conflict", [json(409, { message: "exists", reason: "run_exists" })], 1, 0, 409],
] as [string, Reply[], number, number, number?, number?][]) {
  test(`repetition: ${name}`, async (t) => {
    const slept = timers();
    t.after(() => mock.restoreAll());
    const { api, requests: sent } = script(replies, retries === undefined ? {} : { retries });
    const failure = await create(api).then(() => undefined, statusOf);
    assert.equal(failure, status);
    assert.equal(sent.length, requests);
    assert.ok(slept() >= least, `it slept ${slept()} ms`);
    assert.equal(new Set(sent.map(({ headers }) => headers.get("Idempotency-Key"))).size, 1);
    assert.deepEqual(new Set(sent.map(({ body }) => body)), new Set(['{"name":"example","config":{"filters":[]}}']));
  });
}

test("a connection that stays broken", async (t) => {
  timers();
  t.after(() => mock.restoreAll());
  await assert.rejects(get(script([broken]).api), TypeError);
});

test("a signal ends the wait before a repetition", async () => {
  const { api, requests } = script([refused("20")]);
  const controller = new AbortController();
  const call = api.GET("/v1/runs", { signal: controller.signal });
  setTimeout(() => controller.abort(new Error("enough")), 20);
  await assert.rejects(call);
  assert.equal(requests.length, 1);
});

const field = { field: "page", errors: [{ code: "format", message: "is not a cursor" }] };
const html = (status: number): Reply => () => new Response("<html>", { status, headers: { "Content-Type": "text/html" } });
for (const [want, reply] of [
  ["422: the request is invalid; page is not a cursor", json(422, { code: 422, message: "the request is invalid", fields: [field] })],
  ["403: Forbidden", json(403, { message: "Forbidden" })],
  ["502: failed", html(502)],
  ["400: failed", json(400, ["message"])],
  ["500: failed", () => new Response(null, { status: 500 })],
  ["200: the response is not JSON, so it is not the service's", html(200)],
] as [string, Reply][]) {
  test(`error: ${want}`, async () => {
    await assert.rejects(get(script([reply]).api), { name: "ApiError", message: want });
  });
}

test("content of any type", async () => {
  const path = { artifact_id: "id" };
  const { data } = await script([html(200)]).api.GET("/v1/artifacts/{artifact_id}/blob", { params: { path }, parseAs: "text" });
  assert.equal(data, "<html>");
});

test("a deletion", async () => {
  const { api } = script([() => new Response(null, { status: 204 })]);
  await ok(api.DELETE("/v1/runs/{run_id}", { params: { path: { run_id: runId } } }));
});

test("lists", async () => {
  const { api, queries } = script([page(["a", "b"], "2"), page([], "3"), page(["c"])]);
  const query = { labels: { team: "research & more" }, statuses: ["running" as const, "paused" as const] };
  const runs: unknown[] = [];
  for await (const item of items((page) => api.GET("/v1/runs", { params: { query: { ...query, page } } }))) runs.push(item);
  assert.deepEqual(runs, ["a", "b", "c"]);
  const filters = "labels%5Bteam%5D=research+%26+more&statuses=running&statuses=paused";
  assert.deepEqual(queries(), [filters, `${filters}&page=2`, `${filters}&page=3`]);
});

test("a list ends early, or with an error", async () => {
  const early = script([page(["a", "b"], "2")]);
  for await (const _ of items((page) => early.api.GET("/v1/runs", { params: { query: { page } } }))) break;
  assert.equal(early.requests.length, 1);
  const failing = script([page(["a"], "2"), json(403, { message: "Forbidden" })]);
  await assert.rejects(async () => {
    for await (const _ of items((page) => failing.api.GET("/v1/runs", { params: { query: { page } } })));
  }, ApiError);
});

const unknown = json(422, { message: "the request is invalid", reason: "invalid" });
const [pending, running] = ["wait=20s&while=pending", "wait=20s&while=running"];
for (const [name, replies, queries, slept, status] of [
  ["finished already", [run("finished")], [""], 0],
  // The script does not wait, so the client does.
  ["in each status", [run("pending"), run("running"), run("running"), run("finished")], ["", pending, running, running], 2000],
  ["a service that cannot", [run("running"), unknown, run("running"), run("finished")], ["", running, "", ""], 4000],
  ["deleted", [run("running"), json(404, { message: "no such run" })], ["", running], 0, 404],
  ["always 422", [unknown], [""], 0, 422],
] as [string, Reply[], string[], number, number?][]) {
  test(`wait: ${name}`, async (t) => {
    const sum = timers();
    t.after(() => mock.restoreAll());
    const { api, queries: sent } = script(replies);
    const result = await waitRun(api, runId).then((run) => run.status, statusOf);
    assert.equal(result, status ?? "finished");
    assert.deepEqual(sent(), queries);
    assert.equal(sum(), slept);
  });
}

const entries = (numbers: number[], next: string | null = null) => page(numbers.map((n) => ({ id: `${n}` })), next);
for (const [name, replies, want] of [
  [
    "new entries on two pages",
    [run("running"), entries([1], "older"), run("running"), entries([1]), run("finished"), entries([4, 3], "2"), entries([2, 1], "3")],
    ["1", "2", "3", "4"],
  ],
  ["no entry at first", [run("running"), entries([]), run("finished"), entries([2], "2"), entries([1])], ["1", "2"]],
  ["a finished run", [run("finished"), entries([2, 1], "older")], ["1", "2"]],
] as [string, Reply[], string[]][]) {
  test(`follow: ${name}`, async (t) => {
    timers();
    t.after(() => mock.restoreAll());
    const { api, requests } = script(replies);
    const ids: string[] = [];
    for await (const { id } of followLog(api, runId)) ids.push(id);
    assert.deepEqual(ids, want);
    assert.equal(requests.length, replies.length);
  });
}
