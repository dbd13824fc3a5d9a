import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.label_filter import LabelFilter
from ...models.list_job_runs_view import ListJobRunsView
from ...models.run_page import RunPage
from ...models.status import Status
from ...models.stop_reason import StopReason
from ...types import UNSET, Response, Unset


def _get_kwargs(
    job_id: UUID,
    *,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    include_ids: list[UUID] | Unset = UNSET,
    exclude_ids: list[UUID] | Unset = UNSET,
    statuses: list[Status] | Unset = UNSET,
    stop_reasons: list[StopReason] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    started_before: datetime.datetime | Unset = UNSET,
    started_after: datetime.datetime | Unset = UNSET,
    finished_before: datetime.datetime | Unset = UNSET,
    finished_after: datetime.datetime | Unset = UNSET,
    updated_after: datetime.datetime | Unset = UNSET,
    labels: LabelFilter | Unset = UNSET,
    view: ListJobRunsView | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["page"] = page

    params["per_page"] = per_page

    json_include_ids: list[str] | Unset = UNSET
    if not isinstance(include_ids, Unset):
        json_include_ids = []
        for componentsschemas_id_list_item_data in include_ids:
            componentsschemas_id_list_item = str(componentsschemas_id_list_item_data)
            json_include_ids.append(componentsschemas_id_list_item)

    params["include_ids"] = json_include_ids

    json_exclude_ids: list[str] | Unset = UNSET
    if not isinstance(exclude_ids, Unset):
        json_exclude_ids = []
        for componentsschemas_id_list_item_data in exclude_ids:
            componentsschemas_id_list_item = str(componentsschemas_id_list_item_data)
            json_exclude_ids.append(componentsschemas_id_list_item)

    params["exclude_ids"] = json_exclude_ids

    json_statuses: list[str] | Unset = UNSET
    if not isinstance(statuses, Unset):
        json_statuses = []
        for componentsschemas_status_list_item_data in statuses:
            componentsschemas_status_list_item = componentsschemas_status_list_item_data.value
            json_statuses.append(componentsschemas_status_list_item)

    params["statuses"] = json_statuses

    json_stop_reasons: list[str] | Unset = UNSET
    if not isinstance(stop_reasons, Unset):
        json_stop_reasons = []
        for componentsschemas_stop_reason_list_item_data in stop_reasons:
            componentsschemas_stop_reason_list_item = (
                componentsschemas_stop_reason_list_item_data.value
            )
            json_stop_reasons.append(componentsschemas_stop_reason_list_item)

    params["stop_reasons"] = json_stop_reasons

    json_created_before: str | Unset = UNSET
    if not isinstance(created_before, Unset):
        json_created_before = created_before.isoformat()
    params["created_before"] = json_created_before

    json_created_after: str | Unset = UNSET
    if not isinstance(created_after, Unset):
        json_created_after = created_after.isoformat()
    params["created_after"] = json_created_after

    json_started_before: str | Unset = UNSET
    if not isinstance(started_before, Unset):
        json_started_before = started_before.isoformat()
    params["started_before"] = json_started_before

    json_started_after: str | Unset = UNSET
    if not isinstance(started_after, Unset):
        json_started_after = started_after.isoformat()
    params["started_after"] = json_started_after

    json_finished_before: str | Unset = UNSET
    if not isinstance(finished_before, Unset):
        json_finished_before = finished_before.isoformat()
    params["finished_before"] = json_finished_before

    json_finished_after: str | Unset = UNSET
    if not isinstance(finished_after, Unset):
        json_finished_after = finished_after.isoformat()
    params["finished_after"] = json_finished_after

    json_updated_after: str | Unset = UNSET
    if not isinstance(updated_after, Unset):
        json_updated_after = updated_after.isoformat()
    params["updated_after"] = json_updated_after

    json_labels: dict[str, Any] | Unset = UNSET
    if not isinstance(labels, Unset):
        json_labels = labels.to_dict()
    if not isinstance(json_labels, Unset):
        params.update(json_labels)

    json_view: str | Unset = UNSET
    if not isinstance(view, Unset):
        json_view = view.value

    params["view"] = json_view

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/jobs/{job_id}/runs".format(
            job_id=quote(str(job_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> RunPage:
    if response.status_code == 200:
        response_200 = RunPage.from_dict(response.json())

        return response_200

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[RunPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(response),
    )


def sync_detailed(
    job_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    include_ids: list[UUID] | Unset = UNSET,
    exclude_ids: list[UUID] | Unset = UNSET,
    statuses: list[Status] | Unset = UNSET,
    stop_reasons: list[StopReason] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    started_before: datetime.datetime | Unset = UNSET,
    started_after: datetime.datetime | Unset = UNSET,
    finished_before: datetime.datetime | Unset = UNSET,
    finished_after: datetime.datetime | Unset = UNSET,
    updated_after: datetime.datetime | Unset = UNSET,
    labels: LabelFilter | Unset = UNSET,
    view: ListJobRunsView | Unset = UNSET,
) -> Response[RunPage]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                job_id=job_id,
                page=page,
                per_page=per_page,
                include_ids=include_ids,
                exclude_ids=exclude_ids,
                statuses=statuses,
                stop_reasons=stop_reasons,
                created_before=created_before,
                created_after=created_after,
                started_before=started_before,
                started_after=started_after,
                finished_before=finished_before,
                finished_after=finished_after,
                updated_after=updated_after,
                labels=labels,
                view=view,
            )
        )
    )


def sync(
    job_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    include_ids: list[UUID] | Unset = UNSET,
    exclude_ids: list[UUID] | Unset = UNSET,
    statuses: list[Status] | Unset = UNSET,
    stop_reasons: list[StopReason] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    started_before: datetime.datetime | Unset = UNSET,
    started_after: datetime.datetime | Unset = UNSET,
    finished_before: datetime.datetime | Unset = UNSET,
    finished_after: datetime.datetime | Unset = UNSET,
    updated_after: datetime.datetime | Unset = UNSET,
    labels: LabelFilter | Unset = UNSET,
    view: ListJobRunsView | Unset = UNSET,
) -> RunPage:
    """List runs for a job

     Returns a page of runs belonging to a single job, most recent first. To list the runs of a
    deleted job, use `GET /v1/runs?job_ids=…`.

    Args:
        job_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        page (str | Unset):
        per_page (int | Unset):
        include_ids (list[UUID] | Unset):
        exclude_ids (list[UUID] | Unset):
        statuses (list[Status] | Unset):
        stop_reasons (list[StopReason] | Unset):
        created_before (datetime.datetime | Unset):
        created_after (datetime.datetime | Unset):
        started_before (datetime.datetime | Unset):
        started_after (datetime.datetime | Unset):
        finished_before (datetime.datetime | Unset):
        finished_after (datetime.datetime | Unset):
        updated_after (datetime.datetime | Unset):
        labels (LabelFilter | Unset):
        view (ListJobRunsView | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        RunPage
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                job_id=job_id,
                page=page,
                per_page=per_page,
                include_ids=include_ids,
                exclude_ids=exclude_ids,
                statuses=statuses,
                stop_reasons=stop_reasons,
                created_before=created_before,
                created_after=created_after,
                started_before=started_before,
                started_after=started_after,
                finished_before=finished_before,
                finished_after=finished_after,
                updated_after=updated_after,
                labels=labels,
                view=view,
            )
        )
    )


async def asyncio_detailed(
    job_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    include_ids: list[UUID] | Unset = UNSET,
    exclude_ids: list[UUID] | Unset = UNSET,
    statuses: list[Status] | Unset = UNSET,
    stop_reasons: list[StopReason] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    started_before: datetime.datetime | Unset = UNSET,
    started_after: datetime.datetime | Unset = UNSET,
    finished_before: datetime.datetime | Unset = UNSET,
    finished_after: datetime.datetime | Unset = UNSET,
    updated_after: datetime.datetime | Unset = UNSET,
    labels: LabelFilter | Unset = UNSET,
    view: ListJobRunsView | Unset = UNSET,
) -> Response[RunPage]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                job_id=job_id,
                page=page,
                per_page=per_page,
                include_ids=include_ids,
                exclude_ids=exclude_ids,
                statuses=statuses,
                stop_reasons=stop_reasons,
                created_before=created_before,
                created_after=created_after,
                started_before=started_before,
                started_after=started_after,
                finished_before=finished_before,
                finished_after=finished_after,
                updated_after=updated_after,
                labels=labels,
                view=view,
            )
        )
    )


async def asyncio(
    job_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    include_ids: list[UUID] | Unset = UNSET,
    exclude_ids: list[UUID] | Unset = UNSET,
    statuses: list[Status] | Unset = UNSET,
    stop_reasons: list[StopReason] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    started_before: datetime.datetime | Unset = UNSET,
    started_after: datetime.datetime | Unset = UNSET,
    finished_before: datetime.datetime | Unset = UNSET,
    finished_after: datetime.datetime | Unset = UNSET,
    updated_after: datetime.datetime | Unset = UNSET,
    labels: LabelFilter | Unset = UNSET,
    view: ListJobRunsView | Unset = UNSET,
) -> RunPage:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                job_id=job_id,
                page=page,
                per_page=per_page,
                include_ids=include_ids,
                exclude_ids=exclude_ids,
                statuses=statuses,
                stop_reasons=stop_reasons,
                created_before=created_before,
                created_after=created_after,
                started_before=started_before,
                started_after=started_after,
                finished_before=finished_before,
                finished_after=finished_after,
                updated_after=updated_after,
                labels=labels,
                view=view,
            )
        )
    )
