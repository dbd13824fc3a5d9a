// Creates a job for a web site, waits until its first run is finished, and prints each URL that
// failed. Node.js runs it as it is, from version 22.18 on:
//
//     node examples/typescript/crawl.ts https://example.com/
//
// SERVICE_URL is the service to use, by default http://localhost:8022. An editor checks the types
// once they are generated beside this file:
//
//     npx openapi-typescript http://localhost:8022/.well-known/openapi.json -o schema.d.ts
import type { components } from "./schema";

type Schemas = components["schemas"];
declare const process: { argv: string[]; env: Record<string, string | undefined> };

const service = process.env.SERVICE_URL ?? "http://localhost:8022";

/** Sends a request, with body as JSON if there is one, and returns the decoded response. */
async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(service + path, {
    method,
    headers: { "X-Tenant-Id": "acme", "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  // The body of an error says what is wrong, as {"code", "message", "reason", ...}.
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** Yields the entries of the run's log with an error, the last recorded first. */
async function* failures(runId: string): AsyncGenerator<Schemas["LogEntry"]> {
  const query = new URLSearchParams({ statuses: "error", per_page: "100" });
  for (;;) {
    const page = await call<Schemas["LogPage"]>("GET", `/v1/runs/${runId}/logs?${query}`);
    yield* page.items;
    if (page.next_page === null) return;
    query.set("page", page.next_page);
  }
}

async function main(site: string): Promise<void> {
  const body: Schemas["JobInput"] = {
    name: "example",
    config: {
      seeds: [{ kind: "static_list", params: { urls: [site] } }],
      stopping_criteria: [{ kind: "max_urls", params: { max_urls: 100 } }],
    },
  };
  const job = await call<Schemas["Job"]>("POST", "/v1/jobs?create_run=true", body);
  let run = job.run!;
  while (run.status !== "finished") {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    run = await call<Schemas["Run"]>("GET", `/v1/runs/${run.id}`);
  }
  console.log(`${run.stop_reason}: ${run.progress.urls_fetched} fetched, ${run.progress.urls_failed} failed`);
  for await (const entry of failures(run.id)) console.log(entry.error_reason, entry.url);
}

const site = process.argv[2];
if (site === undefined) throw new Error("usage: node examples/typescript/crawl.ts URL");
await main(site);
