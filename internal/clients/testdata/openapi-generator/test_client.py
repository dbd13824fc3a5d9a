"""Tests the Python client that OpenAPI Generator makes."""

import os
import time
import unittest
import uuid

import api
from api.models import *

SITE = os.environ["SITE_URL"]
TENANT = "openapi-generator"


def config(url: str, delay: str) -> Config:
    """A configuration with most kinds of parts."""
    return Config(
        seeds=[Seed(StaticListSeed(kind="static_list", params=StaticListParams(urls=[url])))],
        stopping_criteria=[
            StoppingCriterion(MaxUrlsCriterion(kind="max_urls", params=MaxUrlsParams(max_urls=10000))),
            StoppingCriterion(MaxDepthCriterion(kind="max_depth", params=MaxDepthParams(max_depth=500))),
            StoppingCriterion(MaxAgeCriterion(kind="max_age", params=MaxAgeParams(max_age="1h"))),
        ],
        # A part with only one kind has no type of its own.
        starting_criteria=[ExclusiveCriterion(kind="exclusive", params=ExclusiveParams(by="job_id", limit=5))],
        filters=[
            Filter(SeedHostsFilter(kind="seed_hosts")),
            Filter(RegexPatternsFilter(kind="regex_patterns", params=RegexPatternsParams(deny=[r"\.zip$"]))),
            Filter(BudgetFilter(kind="budget", params=BudgetParams(by="host", limit=1000))),
        ],
        policies=[RobotsTxtPolicy(kind="robots_txt", params=RobotsTxtParams(default_delay=delay))],
        speed=Speed(concurrency=4),
        fetcher=Fetcher(timeout="10s"),
        traps=Traps(max_host_urls=1000),
    )


class ClientTest(unittest.TestCase):
    def setUp(self) -> None:
        client = self.connect("SERVICE_URL", TENANT)
        self.runs, self.jobs = api.RunsApi(client), api.JobsApi(client)

    def connect(self, variable: str, tenant: str) -> api.ApiClient:
        return api.ApiClient(api.Configuration(host=os.environ[variable]), header_name="X-Tenant-Id", header_value=tenant)

    def wait(self, id: uuid.UUID, done) -> Run:
        """Polls a run until done is true for it."""
        deadline = time.monotonic() + 60
        while not done(run := self.runs.get_run(id)):
            self.assertLess(time.monotonic(), deadline, run)
            time.sleep(0.05)
        return run

    def refused(self, status: int, kind, call, *args, **kwargs):
        """Returns the error of a call, which must have the status and be of the given kind."""
        with self.assertRaises(api.ApiException) as raised:
            call(*args, **kwargs)
        self.assertEqual(raised.exception.status, status)
        self.assertIsInstance(raised.exception.data, kind)
        self.assertTrue(raised.exception.data.message)
        return raised.exception.data

    def test_runs(self) -> None:
        body = JobInput(name="pages", labels={"team": "research"}, config=config(SITE + "/pages/", "0s"))
        job = self.jobs.create_job(body)
        self.assertEqual(job.config.filters[2].actual_instance.params.limit, 1000)
        self.assertEqual(self.jobs.update_job(job.id, JobPatch(labels={"team": "search"})).labels, {"team": "search"})

        given = uuid.uuid4()
        want = [given]
        self.assertIsNone(self.runs.create_run(job.id, run_input=RunInput(id=given)).stop_reason)
        want.append(self.runs.create_run(job.id, run_input=RunInput()).id)
        want.append(self.runs.create_run(job.id).id)
        want.reverse()  # most recent first
        for id in want:
            run = self.wait(id, lambda run: run.status == Status.FINISHED)
            self.assertEqual((run.stop_reason, run.progress.urls_fetched), (StopReason.MAX_EMPTY_EVALUATIONS, 6))

        got, next_page = [], None
        while True:
            page = self.runs.list_runs(
                page=next_page,
                per_page=1,
                job_ids=[job.id],
                statuses=[Status.RUNNING, Status.FINISHED],
                stop_reasons=[StopReason.MAX_EMPTY_EVALUATIONS],
            )
            got += [run.id for run in page.items]
            if (next_page := page.next_page) is None:
                break
        self.assertEqual(got, want)
        # The client wrongly expects a map of maps when it checks the argument labels.
        unchecked = self.runs.list_runs.__wrapped__
        self.assertEqual([run.id for run in unchecked(self.runs, labels={"team": "search"}).items], want)
        self.assertEqual(unchecked(self.runs, labels={"team": "search", "env": "test"}).items, [])

        logs = self.runs.list_run_logs(given, statuses=[LogStatus.OK])
        self.assertIn(SITE + "/pages/5", [entry.url for entry in logs.items])

        self.runs.delete_run(given)
        self.assertEqual(self.refused(404, Error, self.runs.get_run, given).code, 404)

    def test_lifecycle(self) -> None:
        job = self.jobs.create_job(JobInput(name="endless", config=config(SITE + "/endless/0", "200ms")), create_run=True)
        id = job.run.id
        self.wait(id, lambda run: run.status == Status.RUNNING and run.progress.urls_fetched > 0)
        self.assertEqual(self.runs.pause_run(id).status, Status.PAUSED)
        self.assertEqual(self.runs.resume_run(id).status, Status.RUNNING)
        self.assertEqual(self.refused(409, Error, self.jobs.delete_job, job.id).code, 409)
        self.assertEqual(self.runs.stop_run(id).stop_reason, StopReason.MANUAL)
        self.assertEqual(self.refused(409, Error, self.runs.pause_run, id).code, 409)
        self.jobs.delete_job(job.id)

    def test_invalid(self) -> None:
        error = self.refused(422, InvalidError, self.jobs.create_job, JobInput(id=uuid.UUID(int=0), name="nil"))
        self.assertEqual({field.var_field: field.errors[0].code for field in error.fields}, {"id": "format"})

    def test_gateway(self) -> None:
        for status in 401, 403, 413, 429, 431, 500, 503:
            with self.subTest(status=status):
                runs = api.RunsApi(self.connect("GATEWAY_URL", str(status)))
                self.assertIsNone(self.refused(status, GatewayError, runs.list_runs).code)

    def test_later_version(self) -> None:
        """Later versions of the service may send members that the client does not know."""
        run = api.RunsApi(self.connect("GATEWAY_URL", TENANT)).get_run(uuid.uuid4())
        self.assertEqual(run.status, Status.RUNNING)


if __name__ == "__main__":
    unittest.main()
