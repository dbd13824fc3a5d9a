// A program with the client that hey-api makes. It must compile.
import { createJob, getRun, listRuns, pauseRun, resumeRun, stopRun, type Run } from "./generated/hey";
import { client } from "./generated/hey/client.gen";

client.setConfig({ baseUrl: "http://127.0.0.1:8022", headers: { "X-Tenant-Id": "acme" } });

/** Creates a job and its first run, then pauses, resumes and stops the run. */
export async function crawl(url: string): Promise<Run> {
  const { data: job, error } = await createJob({
    query: { create_run: true },
    body: {
      name: "example",
      config: {
        seeds: [{ kind: "static_list", params: { urls: [url] } }],
        stopping_criteria: [{ kind: "max_urls", params: { max_urls: 100 } }],
      },
    },
  });
  if (error) throw new Error(error.message);
  const path = { run_id: job.run!.id };
  await pauseRun({ path });
  await resumeRun({ path });
  await stopRun({ path });
  const { data: run } = await getRun({ path, throwOnError: true });
  return run;
}

/** Yields all runs that match a filter. */
export async function* runs(): AsyncGenerator<Run> {
  let page: string | undefined;
  do {
    const { data } = await listRuns({
      query: { page, statuses: ["running", "paused"], labels: { team: "research" } },
      throwOnError: true,
    });
    yield* data.items;
    page = data.next_page ?? undefined;
  } while (page);
}
