"""A service for tests, and what it responds."""

import unittest
import uuid
from unittest import mock

import httpx

from inndx_runs import Client, connect

RUN = uuid.UUID("0197f3a4-88d0-7e6a-b1f3-9c2b54e7a610")
TIME = "2026-03-01T12:00:00Z"
JOB = {"id": str(RUN), "name": "example", "labels": {}, "created_at": TIME, "updated_at": TIME}
PROGRESS = ["urls_queued", "urls_fetched", "urls_failed", "urls_excluded", "bytes_fetched", "depth"]


def run(status: str, **members: object) -> httpx.Response:
    return httpx.Response(
        200,
        json={
            **{
                name: None
                for name in ["started_at", "finished_at", "paused_at", "stop_reason", "job_name"]
            },
            **JOB,
            "job_id": str(RUN),
            "status": status,
            "progress": {**dict.fromkeys(PROGRESS, 0), "waiting_for": None},
            **members,
        },
    )


def page(items: list[object], next_page: str | None = None) -> httpx.Response:
    return httpx.Response(
        200, json={"items": items, "next_page": next_page, "searched_until": None}
    )


def refused(seconds: str) -> httpx.Response:
    return httpx.Response(
        429, json={"message": "Too Many Requests"}, headers={"Retry-After": seconds}
    )


BUSY = httpx.Response(503, json={"code": 503, "message": "busy", "reason": "unavailable"})
CREATED = httpx.Response(201, json=JOB)


class Script:
    """Responds to each request with the next response, and to the rest with the last one."""

    def __init__(self, *responses: httpx.Response | Exception) -> None:
        self.responses = responses
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        response = self.responses[min(len(self.requests), len(self.responses) - 1)]
        self.requests.append(request)
        if isinstance(response, Exception):
            raise response
        return response

    def client(self, **options: object) -> Client:
        transport = httpx.MockTransport(self)
        return connect(
            "http://service.test", transport=transport, async_transport=transport, **options
        )

    def queries(self) -> list[str]:
        return [request.url.query.decode() for request in self.requests]


class TestCase(unittest.TestCase):
    def setUp(self) -> None:
        """Lets sleeping take no time but pass it."""
        self.slept: list[float] = []
        self.clock = 0.0

        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.clock += seconds

        for name, value in ("time.sleep", sleep), ("time.monotonic", lambda: self.clock):
            patch = mock.patch(name, value)
            patch.start()
            self.addCleanup(patch.stop)
