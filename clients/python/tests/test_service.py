"""Tests the client with the service at SERVICE_URL, which crawls the site at SITE_URL.

The tests are skipped without one. make test-clients starts both.
"""

import os
import threading
import unittest
import uuid
from datetime import datetime, timedelta

from inndx_runs import ApiError, connect, follow_log, items, label_filter, wait_run
from inndx_runs.api.jobs import create_job, delete_job, update_job
from inndx_runs.api.runs import (
    create_run,
    delete_run,
    list_job_runs,
    list_run_logs,
    list_runs,
    pause_run,
    resume_run,
    stop_run,
)
from inndx_runs.models import (
    BudgetFilter,
    BudgetParams,
    Config,
    ExclusiveCriterion,
    ExclusiveParams,
    ExclusiveParamsBy,
    Fetcher,
    JobInput,
    JobPatch,
    LabelSet,
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
    RunInput,
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

SERVICE = os.environ.get("SERVICE_URL", "")
SITE = os.environ.get("SITE_URL", "")


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
        starting_criteria=[
            ExclusiveCriterion(
                kind="exclusive", params=ExclusiveParams(by=ExclusiveParamsBy.JOB_ID, limit=5)
            )
        ],
        filters=[
            SeedHostsFilter(kind="seed_hosts"),
            RegexPatternsFilter(
                kind="regex_patterns", params=RegexPatternsParams(deny=[r"\.zip$"])
            ),
            UrlPatternsFilter(
                kind="url_patterns",
                params=UrlPatternsParams(deny=[UrlPattern(pathname="/private/*")]),
            ),
            BudgetFilter(kind="budget", params=BudgetParams(by="host", limit=1000)),
        ],
        policies=[RobotsTxtPolicy(kind="robots_txt", params=RobotsTxtParams(default_delay=delay))],
        speed=Speed(concurrency=4),
        fetcher=Fetcher(timeout="10s"),
        traps=Traps(max_host_urls=1000),
    )


@unittest.skipUnless(SERVICE, "SERVICE_URL names no service")
class ServiceTest(unittest.TestCase):
    def setUp(self) -> None:
        self.client = connect(SERVICE, tenant="python")
        self.client.__enter__()
        self.addCleanup(self.client.__exit__)

    def refused(self, status: int, call, *args, **kwargs) -> ApiError:
        """Checks that the service refuses a call with a status, and returns the error."""
        with self.assertRaises(ApiError) as caught:
            call(*args, client=self.client, **kwargs)
        error = caught.exception
        self.assertEqual(error.status, status)
        self.assertTrue(error.message and error.reason and error.request_id)
        return error

    def test_runs(self) -> None:
        c = self.client
        labels = LabelSet.from_dict({"team": "research"})
        body = JobInput(name="pages", labels=labels, config=config(SITE + "/pages/", "0s"))
        job = create_job.sync(client=c, body=body)
        self.assertEqual(job.config.filters[3].params.limit, 1000)
        patch = JobPatch(labels=LabelSet.from_dict({"team": "search"}))
        self.assertEqual(update_job.sync(job.id, client=c, body=patch).labels["team"], "search")

        given = uuid.uuid4()
        run = create_run.sync(job.id, client=c, body=RunInput(id=given))
        self.assertEqual((run.id, run.stop_reason), (given, None))
        want = [given]
        want.append(create_run.sync(job.id, client=c, body=RunInput()).id)
        want.append(create_run.sync(job.id, client=c).id)
        want.reverse()  # most recent first
        for id in want:
            run = wait_run(c, id)
            self.assertEqual(run.stop_reason, StopReason.MAX_EMPTY_EVALUATIONS)
            self.assertEqual(run.progress.urls_fetched, 6)
            self.assertIsInstance(run.finished_at, datetime)

        runs = items(
            list_runs.sync,
            client=c,
            per_page=1,
            job_ids=[job.id],
            statuses=[Status.RUNNING, Status.FINISHED],
            stop_reasons=[StopReason.MAX_EMPTY_EVALUATIONS],
            created_after=job.created_at - timedelta(hours=1),
            labels=label_filter({"team": "search"}),
        )
        self.assertEqual([run.id for run in runs], want)
        others = label_filter({"team": "research"})
        self.assertEqual(list(items(list_job_runs.sync, job.id, client=c, labels=others)), [])

        ok = {"client": c, "statuses": [LogStatus.OK]}
        walked = [entry.url for entry in items(list_run_logs.sync, given, per_page=4, **ok)]
        self.assertEqual(len(walked), 6)
        self.assertIn(SITE + "/pages/5", walked)
        followed = [entry.url for entry in follow_log(c, given, statuses=[LogStatus.OK])]
        self.assertEqual(followed, walked[::-1])

        delete_run.sync(given, client=c)
        with self.assertRaisesRegex(ApiError, "404: no such run"):
            wait_run(c, given)

    def test_lifecycle(self) -> None:
        c = self.client
        body = JobInput(name="endless", config=config(SITE + "/endless/0", "200ms"))
        job = create_job.sync(client=c, body=body, create_run=True)
        id = job.run.id
        next(follow_log(c, id))  # The run has fetched a page.
        run = pause_run.sync(id, client=c)
        self.assertEqual(run.status, Status.PAUSED)
        self.assertIsNotNone(run.paused_at)
        run = resume_run.sync(id, client=c)
        self.assertEqual((run.status, run.paused_at), (Status.RUNNING, None))
        self.refused(409, delete_job.sync, job.id)
        waited = []
        waiter = threading.Thread(target=lambda: waited.append(wait_run(c, id)))
        waiter.start()
        stop_run.sync(id, client=c)
        waiter.join()
        self.assertEqual(waited[0].stop_reason, StopReason.MANUAL)
        self.refused(409, pause_run.sync, id)
        delete_job.sync(job.id, client=c)

    def test_invalid(self) -> None:
        body = JobInput(id=uuid.UUID(int=0), name="")
        error = self.refused(422, create_job.sync, body=body)
        rules = {field.field: field.errors[0].code for field in error.fields}
        self.assertEqual(rules, {"id": "format", "name": "length"})

    def test_defaults(self) -> None:
        """Members of a configuration that are not set are not sent: they have their defaults."""
        crawl = Config(seeds=[seed(SITE + "/pages/5")], speed=Speed(), traps=Traps())
        body = JobInput(name="defaults", config=crawl)
        run = create_job.sync(client=self.client, body=body, create_run=True).run
        self.assertEqual((len(run.config.filters), len(run.config.policies)), (1, 1))
        self.assertTrue(run.config.user_agent)
        wait_run(self.client, run.id)


if __name__ == "__main__":
    unittest.main()
