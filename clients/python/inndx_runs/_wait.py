"""Waits for runs."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from ._connect import ApiError
from ._lists import items
from .api.runs import get_run, list_run_logs
from .client import Client
from .models import LogEntry, Run, Status

# The longest that the service lets a request wait, and the least seconds between two requests that
# ask for news.
WAIT = "20s"
POLL = 2.0


def wait_run(client: Client, run_id: UUID, *, timeout: float | None = None) -> Run:
    """Waits until the run is finished and returns it. A run that is paused is not finished. If the
    run is deleted, the ApiError has the status 404.

    Each request waits at the service, which responds as soon as the status changes.

    Args:
        timeout: The seconds after which a TimeoutError is raised, up to 20 seconds later. Without
            it there is no bound.
    """
    began = asked = time.monotonic()
    run = get_run.sync(run_id, client=client)
    waits: dict[str, Any] = {"wait": WAIT}
    while run.status != Status.FINISHED:
        if timeout is not None and time.monotonic() - began >= timeout:
            raise TimeoutError(f"after {timeout} seconds the run is {run.status}")
        last, asked = run.status, time.monotonic()
        try:
            run = get_run.sync(
                run_id, client=client, **waits, **({"while_": last} if waits else {})
            )
        except ApiError as error:
            if error.status != 422 or not waits:
                raise
            waits = {}  # a service that cannot wait yet
        if run.status == last:
            time.sleep(max(0, asked + POLL - time.monotonic()))
    return run


def follow_log(client: Client, run_id: UUID, **filters: Any) -> Iterator[LogEntry]:
    """Yields the entries of the run's log as they are recorded: the last ones that exist, at most a
    page of them, and then each new one, until the run is finished. It asks for new ones every two
    seconds.

    Args:
        filters: The other arguments of list_run_logs.sync.
    """
    last: UUID | None = None
    first = True
    while True:
        # The run first: if it is finished, the log that is read after it is complete.
        run = get_run.sync(run_id, client=client)
        if first:
            entries = list_run_logs.sync(run_id, client=client, **filters).items
        else:
            entries = []
            for entry in items(list_run_logs.sync, run_id, client=client, **filters):
                if entry.id == last:
                    break
                entries.append(entry)
        if entries:
            last = entries[0].id
        yield from reversed(entries)
        if run.status == Status.FINISHED:
            return
        first = False
        time.sleep(POLL)
