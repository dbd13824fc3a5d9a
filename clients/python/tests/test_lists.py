"""Tests lists and waiting without a service."""

import json
import uuid

import httpx
from helpers import CREATED, JOB, RUN, TIME, Script, TestCase, page, run

from inndx_runs import ApiError, follow_log, items, label_filter, wait_run
from inndx_runs.api.jobs import create_job, list_jobs
from inndx_runs.api.runs import list_runs
from inndx_runs.models import Config, JobInput, Status


class ListTest(TestCase):
    def test_lists(self) -> None:
        script = Script(page([JOB, JOB], "2"), page([], "3"), page([JOB]))
        self.assertEqual(len(list(items(list_jobs.sync, client=script.client(), per_page=2))), 3)
        self.assertEqual(script.queries(), ["per_page=2", "page=2&per_page=2", "page=3&per_page=2"])
        script = Script(page([JOB, JOB], "2"))
        next(items(list_jobs.sync, client=script.client()))
        self.assertEqual(len(script.requests), 1)
        with self.assertRaises(ApiError):
            list(
                items(list_jobs.sync, client=Script(page([JOB], "2"), httpx.Response(403)).client())
            )

    def test_queries(self) -> None:
        script = Script(page([]))
        labels = label_filter({"team": "research & more"})
        list_runs.sync(
            client=script.client(), labels=labels, statuses=[Status.RUNNING, Status.PAUSED]
        )
        params = script.requests[0].url.params
        self.assertEqual(params.get_list("statuses"), ["running", "paused"])
        self.assertEqual(params["labels[team]"], "research & more")

    def test_empty_lists(self) -> None:
        """An empty list is not the same as an omitted one."""
        script = Script(CREATED)
        create_job.sync(client=script.client(), body=JobInput(name="n", config=Config(filters=[])))
        self.assertEqual(
            json.loads(script.requests[0].content), {"name": "n", "config": {"filters": []}}
        )

    def test_wait(self) -> None:
        unknown = httpx.Response(
            422, json={"message": "the request is invalid", "reason": "invalid"}
        )
        gone = httpx.Response(404, json={"message": "no such run"})
        pending, running, finished = (
            "wait=20s&while=pending",
            "wait=20s&while=running",
            run("finished"),
        )
        for name, responses, queries, slept, status in [
            ("finished already", [finished], [""], 0, None),
            # The script does not wait, so the client does.
            (
                "waits",
                [run("pending"), run("running"), run("running"), finished],
                ["", pending, running, running],
                2,
                None,
            ),
            (
                "cannot wait",
                [run("running"), unknown, run("running"), finished],
                ["", running, "", ""],
                4,
                None,
            ),
            ("deleted", [run("running"), gone], ["", running], 0, 404),
            ("always 422", [unknown], [""], 0, 422),
        ]:
            with self.subTest(name):
                self.slept.clear()
                script = Script(*responses)
                try:
                    self.assertEqual(wait_run(script.client(), RUN).status, Status.FINISHED)
                    self.assertIsNone(status)
                except ApiError as error:
                    self.assertEqual(error.status, status)
                self.assertEqual(script.queries(), queries)
                self.assertEqual(sum(self.slept), slept)
        with self.subTest("a timeout"), self.assertRaises(TimeoutError):
            wait_run(Script(run("paused")).client(), RUN, timeout=10)

    def test_follow_log(self) -> None:
        ids = [str(uuid.UUID(int=n)) for n in range(4)]
        nulls = ["title", "error_reason", "error_detail", "http_status", "latency_ms", "bytes"]
        nulls += ["content_type", "redirect_url", "digest", "attempt", "referrer"]

        def entries(*numbers: int, next_page: str | None = None) -> httpx.Response:
            entry = {
                "run_id": str(RUN),
                "job_id": str(RUN),
                "url": "http://a/",
                "url_hash": "0" * 32,
                "host": "a",
            }
            entry |= {
                "step": "fetch",
                "status": "ok",
                "check": False,
                "depth": 0,
                "occurred_at": TIME,
            }
            entry |= dict.fromkeys(nulls)
            return page([{**entry, "id": ids[n]} for n in numbers], next_page)

        running, finished = run("running"), run("finished")
        for name, responses, want in [
            (
                "new entries on two pages",
                [running, entries(0, next_page="older"), running, entries(0)]
                + [finished, entries(3, 2, next_page="2"), entries(1, 0, next_page="3")],
                ids,
            ),
            (
                "no entry at first",
                [running, entries(), finished, entries(1, next_page="2"), entries(0)],
                ids[:2],
            ),
            ("a finished run", [finished, entries(1, 0, next_page="older")], ids[:2]),
        ]:
            with self.subTest(name):
                script = Script(*responses)
                self.assertEqual(
                    [str(entry.id) for entry in follow_log(script.client(), RUN)], want
                )
                self.assertEqual(len(script.requests), len(responses))
