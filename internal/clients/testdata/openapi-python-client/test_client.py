"""Tests the client that openapi-python-client makes."""

import datetime
import os
import time
import unittest
import uuid
from typing import Any

from api.api.jobs import create_job, delete_job, update_job
from api.api.runs import (
    create_run,
    delete_run,
    get_run,
    list_job_runs,
    list_run_logs,
    list_runs,
    pause_run,
    resume_run,
    stop_run,
)
from api.api.service import get_docs, get_openapi
from api.client import Client
from api.models import (
    BudgetFilter,
    BudgetParams,
    Config,
    Document,
    Error,
    ExclusiveCriterion,
    ExclusiveParams,
    ExclusiveParamsBy,
    Fetcher,
    GatewayError,
    InvalidError,
    Job,
    JobInput,
    JobPatch,
    LabelSet,
    ListJobRunsLabels,
    ListRunsLabels,
    LogPage,
    LogStatus,
    MaxAgeCriterion,
    MaxAgeParams,
    MaxDepthCriterion,
    MaxDepthParams,
    MaxUrlsCriterion,
    MaxUrlsParams,
    RegexPatternsFilter,
    RegexPatternsParams,
    RobotsTxtParams,
    RobotsTxtPolicy,
    Run,
    RunInput,
    RunPage,
    SeedHostsFilter,
    Speed,
    StaticListParams,
    StaticListSeed,
    Status,
    StopReason,
    Traps,
    UrlPattern,
    UrlPatternsFilter,
    UrlPatternsParams,
)

SITE = os.environ["SITE_URL"]
TENANT = "openapi-python-client"


def seed(url: str) -> StaticListSeed:
    return StaticListSeed(kind="static_list", params=StaticListParams(urls=[url]))


def config(url: str, delay: str) -> Config:
    """A configuration with most kinds of parts."""
    return Config(
        seeds=[seed(url)],
        stopping_criteria=[
            MaxUrlsCriterion(kind="max_urls", params=MaxUrlsParams(max_urls=10000)),
            MaxDepthCriterion(kind="max_depth", params=MaxDepthParams(max_depth=500)),
            MaxAgeCriterion(kind="max_age", params=MaxAgeParams(max_age="1h")),
        ],
        starting_criteria=[ExclusiveCriterion(kind="exclusive", params=ExclusiveParams(by=ExclusiveParamsBy.JOB_ID, limit=5))],
        filters=[
            SeedHostsFilter(kind="seed_hosts"),
            RegexPatternsFilter(kind="regex_patterns", params=RegexPatternsParams(deny=[r"\.zip$"])),
            UrlPatternsFilter(kind="url_patterns", params=UrlPatternsParams(deny=[UrlPattern(pathname="/private/*")])),
            BudgetFilter(kind="budget", params=BudgetParams(by="host", limit=1000)),
        ],
        policies=[RobotsTxtPolicy(kind="robots_txt", params=RobotsTxtParams(default_delay=delay))],
        speed=Speed(concurrency=4),
        fetcher=Fetcher(timeout="10s"),
        traps=Traps(max_host_urls=1000),
    )


def labels(kind, **values):
    """Returns labels with the keys of the query, because the generator does not support deepObject."""
    return kind.from_dict({f"labels[{key}]": value for key, value in values.items()})


class ClientTest(unittest.TestCase):
    def setUp(self) -> None:
        self.client = self.connect("SERVICE_URL", TENANT)

    def connect(self, variable: str, tenant: str) -> Client:
        client = Client(base_url=os.environ[variable], headers={"X-Tenant-Id": tenant})
        client.__enter__()
        self.addCleanup(client.__exit__)
        return client

    def must(self, kind, response):
        self.assertIsInstance(response, kind)
        return response

    def wait(self, id: uuid.UUID, done) -> Run:
        """Polls a run until done is true for it."""
        deadline = time.monotonic() + 60
        while True:
            run = self.must(Run, get_run.sync(id, client=self.client))
            if done(run):
                return run
            self.assertLess(time.monotonic(), deadline, run)
            time.sleep(0.05)

    def test_runs(self) -> None:
        c = self.client
        body = JobInput(name="pages", labels=LabelSet.from_dict({"team": "research"}), config=config(SITE + "/pages/", "0s"))
        job = self.must(Job, create_job.sync(client=c, body=body))
        self.assertEqual(job.config.filters[3], BudgetFilter(kind="budget", params=BudgetParams(by="host", limit=1000)))
        patch = JobPatch(labels=LabelSet.from_dict({"team": "search"}))
        self.assertEqual(self.must(Job, update_job.sync(job.id, client=c, body=patch)).labels["team"], "search")

        given = uuid.uuid4()
        want = [given]
        run = self.must(Run, create_run.sync(job.id, client=c, body=RunInput(id=given)))
        self.assertEqual((run.id, run.stop_reason), (given, None))
        want.append(self.must(Run, create_run.sync(job.id, client=c, body=RunInput())).id)
        want.append(self.must(Run, create_run.sync(job.id, client=c)).id)
        want.reverse()  # most recent first
        for id in want:
            run = self.wait(id, lambda run: run.status == Status.FINISHED)
            self.assertEqual((run.stop_reason, run.progress.urls_fetched), (StopReason.MAX_EMPTY_EVALUATIONS, 6))
            self.assertIsInstance(run.finished_at, datetime.datetime)

        got, page = [], None
        while page is None or page.next_page is not None:
            more: dict[str, Any] = {"page": page.next_page} if page else {}
            page = self.must(
                RunPage,
                list_runs.sync(
                    client=c,
                    per_page=1,
                    job_ids=[job.id],
                    statuses=[Status.RUNNING, Status.FINISHED],
                    stop_reasons=[StopReason.MAX_EMPTY_EVALUATIONS],
                    created_after=job.created_at - datetime.timedelta(hours=1),
                    labels=labels(ListRunsLabels, team="search"),
                    **more,
                ),
            )
            got += [run.id for run in page.items]
        self.assertEqual(got, want)
        none = list_job_runs.sync(job.id, client=c, labels=labels(ListJobRunsLabels, team="research"))
        self.assertEqual(self.must(RunPage, none).items, [])

        urls, logs = [], None
        while logs is None or logs.next_page is not None:
            more = {"page": logs.next_page} if logs else {}
            logs = self.must(LogPage, list_run_logs.sync(given, client=c, per_page=4, statuses=[LogStatus.OK], **more))
            urls += [entry.url for entry in logs.items]
        self.assertEqual(len(urls), 6)
        self.assertIn(SITE + "/pages/5", urls)

        self.assertEqual(delete_run.sync_detailed(given, client=c).status_code, 204)
        error = self.must(Error, get_run.sync(given, client=c))
        self.assertEqual(error.code, 404)
        self.assertTrue(error.message)

    def test_lifecycle(self) -> None:
        c = self.client
        body = JobInput(name="endless", config=config(SITE + "/endless/0", "200ms"))
        job = self.must(Job, create_job.sync(client=c, body=body, create_run=True))
        id = job.run.id
        self.wait(id, lambda run: run.status == Status.RUNNING and run.progress.urls_fetched > 0)

        run = self.must(Run, pause_run.sync(id, client=c))
        self.assertEqual(run.status, Status.PAUSED)
        self.assertIsNotNone(run.paused_at)
        run = self.must(Run, resume_run.sync(id, client=c))
        self.assertEqual((run.status, run.paused_at), (Status.RUNNING, None))
        self.assertEqual(self.must(Error, delete_job.sync(job.id, client=c)).code, 409)
        run = self.must(Run, stop_run.sync(id, client=c))
        self.assertEqual((run.status, run.stop_reason), (Status.FINISHED, StopReason.MANUAL))
        error = self.must(Error, pause_run.sync(id, client=c))
        self.assertEqual(error.code, 409)
        self.assertTrue(error.message)
        self.assertEqual(delete_job.sync_detailed(job.id, client=c).status_code, 204)

    def test_invalid(self) -> None:
        body = JobInput(id=uuid.UUID(int=0), name="")
        error = self.must(InvalidError, create_job.sync(client=self.client, body=body))
        self.assertEqual(error.code, 422)
        self.assertTrue(error.message)
        rules = {field.field: field.errors[0].code for field in error.fields}
        self.assertEqual(rules, {"id": "format", "name": "length"})

    def test_defaults(self) -> None:
        """The client does not send members that are not set, so they have the service's defaults."""
        body = JobInput(name="defaults", config=Config(seeds=[seed(SITE + "/pages/5")], speed=Speed(), traps=Traps()))
        run = self.must(Job, create_job.sync(client=self.client, body=body, create_run=True)).run
        self.assertEqual((len(run.config.filters), len(run.config.policies)), (1, 1))
        self.assertTrue(run.config.user_agent)
        self.wait(run.id, lambda run: run.status == Status.FINISHED)

    def test_gateway(self) -> None:
        for status in 401, 403, 413, 429, 431, 500, 503:
            with self.subTest(status=status):
                client = self.connect("GATEWAY_URL", str(status))
                error = self.must(GatewayError, list_runs.sync(client=client))
                self.assertTrue(error.message)
                self.assertFalse(error.code)

    def test_later_version(self) -> None:
        """Later versions of the service may send members that the client does not know."""
        run = get_run.sync(uuid.uuid4(), client=self.connect("GATEWAY_URL", TENANT))
        self.assertEqual(self.must(Run, run).status, Status.RUNNING)

    def test_documents(self) -> None:
        document = self.must(Document, get_openapi.sync(client=self.client))
        self.assertIn("/v1/runs", document.paths.additional_properties)
        self.assertTrue(self.must(str, get_docs.sync(client=self.client)))


if __name__ == "__main__":
    unittest.main()
