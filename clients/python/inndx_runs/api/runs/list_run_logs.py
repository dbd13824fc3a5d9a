import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_reason import ErrorReason
from ...models.log_page import LogPage
from ...models.log_status import LogStatus
from ...models.step import Step
from ...types import UNSET, Response, Unset


def _get_kwargs(
    run_id: UUID,
    *,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
    steps: list[Step] | Unset = UNSET,
    statuses: list[LogStatus] | Unset = UNSET,
    error_reasons: list[ErrorReason] | Unset = UNSET,
    url_query: str | Unset = UNSET,
    url_prefix: str | Unset = UNSET,
    http_statuses: list[str] | Unset = UNSET,
    content_types: list[str] | Unset = UNSET,
    depth: list[int] | Unset = UNSET,
    occurred_before: datetime.datetime | Unset = UNSET,
    occurred_after: datetime.datetime | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["page"] = page

    params["per_page"] = per_page

    json_hosts: list[str] | Unset = UNSET
    if not isinstance(hosts, Unset):
        json_hosts = hosts

    params["hosts"] = json_hosts

    json_steps: list[str] | Unset = UNSET
    if not isinstance(steps, Unset):
        json_steps = []
        for componentsschemas_step_list_item_data in steps:
            componentsschemas_step_list_item = componentsschemas_step_list_item_data.value
            json_steps.append(componentsschemas_step_list_item)

    params["steps"] = json_steps

    json_statuses: list[str] | Unset = UNSET
    if not isinstance(statuses, Unset):
        json_statuses = []
        for componentsschemas_log_status_list_item_data in statuses:
            componentsschemas_log_status_list_item = (
                componentsschemas_log_status_list_item_data.value
            )
            json_statuses.append(componentsschemas_log_status_list_item)

    params["statuses"] = json_statuses

    json_error_reasons: list[str] | Unset = UNSET
    if not isinstance(error_reasons, Unset):
        json_error_reasons = []
        for componentsschemas_error_reason_list_item_data in error_reasons:
            componentsschemas_error_reason_list_item = (
                componentsschemas_error_reason_list_item_data.value
            )
            json_error_reasons.append(componentsschemas_error_reason_list_item)

    params["error_reasons"] = json_error_reasons

    params["url"] = url_query

    params["url_prefix"] = url_prefix

    json_http_statuses: list[str] | Unset = UNSET
    if not isinstance(http_statuses, Unset):
        json_http_statuses = http_statuses

    params["http_statuses"] = json_http_statuses

    json_content_types: list[str] | Unset = UNSET
    if not isinstance(content_types, Unset):
        json_content_types = content_types

    params["content_types"] = json_content_types

    json_depth: list[int] | Unset = UNSET
    if not isinstance(depth, Unset):
        json_depth = depth

    params["depth"] = json_depth

    json_occurred_before: str | Unset = UNSET
    if not isinstance(occurred_before, Unset):
        json_occurred_before = occurred_before.isoformat()
    params["occurred_before"] = json_occurred_before

    json_occurred_after: str | Unset = UNSET
    if not isinstance(occurred_after, Unset):
        json_occurred_after = occurred_after.isoformat()
    params["occurred_after"] = json_occurred_after

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/runs/{run_id}/logs".format(
            run_id=quote(str(run_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> LogPage:
    if response.status_code == 200:
        response_200 = LogPage.from_dict(response.json())

        return response_200

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[LogPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(response),
    )


def sync_detailed(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
    steps: list[Step] | Unset = UNSET,
    statuses: list[LogStatus] | Unset = UNSET,
    error_reasons: list[ErrorReason] | Unset = UNSET,
    url_query: str | Unset = UNSET,
    url_prefix: str | Unset = UNSET,
    http_statuses: list[str] | Unset = UNSET,
    content_types: list[str] | Unset = UNSET,
    depth: list[int] | Unset = UNSET,
    occurred_before: datetime.datetime | Unset = UNSET,
    occurred_after: datetime.datetime | Unset = UNSET,
) -> Response[LogPage]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                hosts=hosts,
                steps=steps,
                statuses=statuses,
                error_reasons=error_reasons,
                url_query=url_query,
                url_prefix=url_prefix,
                http_statuses=http_statuses,
                content_types=content_types,
                depth=depth,
                occurred_before=occurred_before,
                occurred_after=occurred_after,
            )
        )
    )


def sync(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
    steps: list[Step] | Unset = UNSET,
    statuses: list[LogStatus] | Unset = UNSET,
    error_reasons: list[ErrorReason] | Unset = UNSET,
    url_query: str | Unset = UNSET,
    url_prefix: str | Unset = UNSET,
    http_statuses: list[str] | Unset = UNSET,
    content_types: list[str] | Unset = UNSET,
    depth: list[int] | Unset = UNSET,
    occurred_before: datetime.datetime | Unset = UNSET,
    occurred_after: datetime.datetime | Unset = UNSET,
) -> LogPage:
    """List the logs of a run

     Returns a page of the log of a run, most recently recorded first. The log has an entry for
    each URL that was fetched, failed or was excluded. A failed attempt that is followed by
    another attempt has no entry. A URL that was excluded by `seed_hosts` has a second entry if
    a redirected seed later made its host a seed host and the URL was discovered again. So has a
    URL that was requested once more to be kept as an asset. The log of a running run grows
    every one to five seconds. Entries recorded during a walk do not change what the walk shows.

    Entries are ordered by when they were recorded. This order can differ from the order of
    `occurred_at` by the time between two commits of the log. A filter that matches almost
    nothing returns short or even empty pages. Only `next_page: null` marks the end of the walk.

    Args:
        run_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        page (str | Unset):
        per_page (int | Unset):
        hosts (list[str] | Unset):
        steps (list[Step] | Unset):
        statuses (list[LogStatus] | Unset):
        error_reasons (list[ErrorReason] | Unset):
        url_query (str | Unset):
        url_prefix (str | Unset):
        http_statuses (list[str] | Unset):
        content_types (list[str] | Unset):
        depth (list[int] | Unset):
        occurred_before (datetime.datetime | Unset):
        occurred_after (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LogPage
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                hosts=hosts,
                steps=steps,
                statuses=statuses,
                error_reasons=error_reasons,
                url_query=url_query,
                url_prefix=url_prefix,
                http_statuses=http_statuses,
                content_types=content_types,
                depth=depth,
                occurred_before=occurred_before,
                occurred_after=occurred_after,
            )
        )
    )


async def asyncio_detailed(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
    steps: list[Step] | Unset = UNSET,
    statuses: list[LogStatus] | Unset = UNSET,
    error_reasons: list[ErrorReason] | Unset = UNSET,
    url_query: str | Unset = UNSET,
    url_prefix: str | Unset = UNSET,
    http_statuses: list[str] | Unset = UNSET,
    content_types: list[str] | Unset = UNSET,
    depth: list[int] | Unset = UNSET,
    occurred_before: datetime.datetime | Unset = UNSET,
    occurred_after: datetime.datetime | Unset = UNSET,
) -> Response[LogPage]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                hosts=hosts,
                steps=steps,
                statuses=statuses,
                error_reasons=error_reasons,
                url_query=url_query,
                url_prefix=url_prefix,
                http_statuses=http_statuses,
                content_types=content_types,
                depth=depth,
                occurred_before=occurred_before,
                occurred_after=occurred_after,
            )
        )
    )


async def asyncio(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
    steps: list[Step] | Unset = UNSET,
    statuses: list[LogStatus] | Unset = UNSET,
    error_reasons: list[ErrorReason] | Unset = UNSET,
    url_query: str | Unset = UNSET,
    url_prefix: str | Unset = UNSET,
    http_statuses: list[str] | Unset = UNSET,
    content_types: list[str] | Unset = UNSET,
    depth: list[int] | Unset = UNSET,
    occurred_before: datetime.datetime | Unset = UNSET,
    occurred_after: datetime.datetime | Unset = UNSET,
) -> LogPage:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                hosts=hosts,
                steps=steps,
                statuses=statuses,
                error_reasons=error_reasons,
                url_query=url_query,
                url_prefix=url_prefix,
                http_statuses=http_statuses,
                content_types=content_types,
                depth=depth,
                occurred_before=occurred_before,
                occurred_after=occurred_after,
            )
        )
    )
