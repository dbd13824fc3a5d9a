// A program with the types that openapi-typescript makes. It must compile.
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/schema";

type Run = components["schemas"]["Run"];

const api = createClient<paths>({ baseUrl: "http://127.0.0.1:8022", headers: { "X-Tenant-Id": "acme" } });

/** Creates a job and its first run, and waits until the run is finished. */
export async function crawl(url: string): Promise<Run> {
  const { data: job, error } = await api.POST("/v1/jobs", {
    params: { query: { create_run: true } },
    body: {
      name: "example",
      labels: { team: "research" },
      config: {
        seeds: [{ kind: "static_list", params: { urls: [url] } }],
        filters: [{ kind: "seed_hosts" }, { kind: "budget", params: { by: "host", limit: 100 } }],
        policies: [{ kind: "robots_txt", params: { default_delay: "2s" } }],
      },
    },
  });
  if (error) throw new Error(error.message);
  for (;;) {
    const { data: run, error } = await api.GET("/v1/runs/{run_id}", { params: { path: { run_id: job.run!.id } } });
    if (error) throw new Error(error.message);
    if (run.status === "finished") return run;
  }
}

/** Yields all runs that match a filter. */
export async function* runs(): AsyncGenerator<Run> {
  let page: string | undefined;
  do {
    const { data, error } = await api.GET("/v1/runs", {
      params: { query: { page, statuses: ["running", "paused"], labels: { team: "research" } } },
    });
    if (error) throw new Error("fields" in error ? error.fields[0]?.field : error.message);
    yield* data.items;
    page = data.next_page ?? undefined;
  } while (page);
}
