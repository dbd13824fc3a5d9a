"""Tests headers, repetition and errors without a service."""

import asyncio
from unittest import mock

import httpx
from helpers import BUSY, CREATED, JOB, RUN, Script, TestCase, page, refused, run

from inndx_runs import ApiError
from inndx_runs.api.artifacts import get_artifact_blob
from inndx_runs.api.jobs import create_job, list_jobs
from inndx_runs.api.runs import get_run
from inndx_runs.models import JobInput, OtherKind, Status
from inndx_runs.types import UNSET


class ConnectTest(TestCase):
    def test_headers(self) -> None:
        tokens = iter(["a", "b", "c"])
        script = Script(CREATED)
        client = script.client(tenant="acme", token=lambda: next(tokens))
        for key in UNSET, UNSET, "given":
            create_job.sync(client=client, body=JobInput(name="example"), idempotency_key=key)
        headers = [request.headers for request in script.requests]
        self.assertEqual(
            [h["Authorization"] for h in headers], ["Bearer a", "Bearer b", "Bearer c"]
        )
        self.assertEqual({h["X-Tenant-Id"] for h in headers}, {"acme"})
        keys = [h["Idempotency-Key"] for h in headers]
        self.assertEqual((keys[2], len(set(keys))), ("given", 3))

    def test_repetition(self) -> None:
        broken = httpx.ConnectError("refused")
        in_progress = httpx.Response(409, json={"message": "wait", "reason": "request_in_progress"})
        conflict = httpx.Response(409, json={"message": "exists", "reason": "run_exists"})
        for name, responses, retries, requests, least, status in [
            ("refused, then created", [refused("7"), CREATED], 3, 2, 7, None),
            ("busy, without Retry-After", [BUSY, BUSY, CREATED], 3, 3, 0.75, None),
            ("the response was lost", [broken, in_progress, CREATED], 3, 3, 0, None),
            ("busy for too long", [BUSY], 3, 4, 0, 503),
            ("no repetitions", [BUSY], 0, 1, 0, 503),
            ("a Retry-After of an hour", [refused("3600")], 3, 1, 0, 429),
            ("a wrong Retry-After", [refused("-1")], 3, 4, 0, 429),
            ("a failure of the service", [httpx.Response(500)], 3, 1, 0, 500),
            ("a conflict", [conflict], 3, 1, 0, 409),
        ]:
            with self.subTest(name):
                self.slept.clear()
                script = Script(*responses)
                try:
                    create_job.sync(
                        client=script.client(retries=retries), body=JobInput(name="example")
                    )
                    self.assertIsNone(status)
                except ApiError as error:
                    self.assertEqual(error.status, status)
                self.assertEqual(len(script.requests), requests)
                self.assertGreaterEqual(sum(self.slept), least)
                self.assertEqual(
                    len({request.headers["Idempotency-Key"] for request in script.requests}), 1
                )
                self.assertEqual(
                    {request.content for request in script.requests}, {b'{"name":"example"}'}
                )
        with self.subTest("a connection that stays broken"), self.assertRaises(httpx.ConnectError):
            get_run.sync(RUN, client=Script(broken).client())

    def test_asyncio(self) -> None:
        script = Script(BUSY, run("finished"), httpx.Response(404, json={"message": "no such run"}))

        async def calls() -> None:
            client = script.client()
            self.assertEqual((await get_run.asyncio(RUN, client=client)).status, Status.FINISHED)
            with self.assertRaisesRegex(ApiError, "404: no such run"):
                await get_run.asyncio(RUN, client=client)

        with mock.patch("inndx_runs._connect.FIRST_DELAY", 0.0):
            asyncio.run(calls())

    def test_errors(self) -> None:
        fields = [{"field": "page", "errors": [{"code": "format", "message": "is not a cursor"}]}]
        invalid = {
            "code": 422,
            "message": "the request is invalid",
            "reason": "invalid",
            "fields": fields,
        }
        for response, want, reason in [
            (
                httpx.Response(422, json=invalid),
                "422: the request is invalid; page is not a cursor",
                "invalid",
            ),
            (httpx.Response(403, json={"message": "Forbidden"}), "403: Forbidden", ""),
            (httpx.Response(502, html="<html>"), "502: Bad Gateway", ""),
            (httpx.Response(500), "500: Internal Server Error", ""),
            (httpx.Response(400, json=["message"]), "400: Bad Request", ""),
        ]:
            with self.subTest(want):
                response.headers["X-Request-Id"] = "an-id"
                with self.assertRaises(ApiError) as caught:
                    get_run.sync(RUN, client=Script(response).client())
                error = caught.exception
                self.assertEqual(
                    (str(error), error.reason, error.request_id), (want, reason, "an-id")
                )
        with (
            self.subTest("a page of a proxy"),
            self.assertRaisesRegex(ApiError, "200: .* not JSON"),
        ):
            get_run.sync(RUN, client=Script(httpx.Response(200, html="<html>")).client())

    def test_content_in_a_bucket(self) -> None:
        """The redirect goes to a URL that is signed, which refuses other credentials."""
        location = {"Location": "https://bucket.test/content?X-Amz-Signature=1"}
        script = Script(httpx.Response(307, headers=location), httpx.Response(200, html="<html>"))

        class Signer(httpx.Auth):
            def auth_flow(self, request):
                request.headers.update({"Authorization": "AWS4", "X-Amz-Date": "now"})
                yield request

        content = get_artifact_blob.sync("id", client=script.client(tenant="acme", auth=Signer()))
        self.assertEqual(content.payload.read(), b"<html>")
        first, second = (request.headers for request in script.requests)
        self.assertIn("x-amz-date", first)
        for name in "authorization", "x-amz-date", "x-tenant-id":
            self.assertNotIn(name, second)

    def test_later_version(self) -> None:
        """Later versions of the service add members, values and kinds."""
        config = {
            "filters": [{"kind": "later", "params": {"a": 1}}],
            "mutators": [{"kind": "later"}],
            "later": 1,
        }
        response = httpx.Response(200, json={**JOB, "config": config, "later": {"a": 1}})
        job = list_jobs.sync(client=Script(page([response.json()])).client()).items[0]
        self.assertIsInstance(job.config.filters[0], OtherKind)
        self.assertEqual(job.config.to_dict()["filters"], config["filters"])
        self.assertEqual(job.config.to_dict()["mutators"], config["mutators"])
        got = get_run.sync(RUN, client=Script(run("asleep", stop_reason="bored")).client())
        self.assertEqual((got.status, got.stop_reason), ("asleep", "bored"))
        self.assertIsInstance(got.status, Status)
        self.assertNotIn("asleep", list(Status))
