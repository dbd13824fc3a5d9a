import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.job_page import JobPage
from ...models.label_filter import LabelFilter
from ...models.list_jobs_view import ListJobsView
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    include_ids: list[UUID] | Unset = UNSET,
    exclude_ids: list[UUID] | Unset = UNSET,
    names: list[str] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    labels: LabelFilter | Unset = UNSET,
    view: ListJobsView | Unset = UNSET,
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

    json_names: list[str] | Unset = UNSET
    if not isinstance(names, Unset):
        json_names = names

    params["names"] = json_names

    json_created_before: str | Unset = UNSET
    if not isinstance(created_before, Unset):
        json_created_before = created_before.isoformat()
    params["created_before"] = json_created_before

    json_created_after: str | Unset = UNSET
    if not isinstance(created_after, Unset):
        json_created_after = created_after.isoformat()
    params["created_after"] = json_created_after

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
        "url": "/v1/jobs",
        "params": params,
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> JobPage:
    if response.status_code == 200:
        response_200 = JobPage.from_dict(response.json())

        return response_200

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[JobPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    include_ids: list[UUID] | Unset = UNSET,
    exclude_ids: list[UUID] | Unset = UNSET,
    names: list[str] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    labels: LabelFilter | Unset = UNSET,
    view: ListJobsView | Unset = UNSET,
) -> Response[JobPage]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                page=page,
                per_page=per_page,
                include_ids=include_ids,
                exclude_ids=exclude_ids,
                names=names,
                created_before=created_before,
                created_after=created_after,
                labels=labels,
                view=view,
            )
        )
    )


def sync(
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    include_ids: list[UUID] | Unset = UNSET,
    exclude_ids: list[UUID] | Unset = UNSET,
    names: list[str] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    labels: LabelFilter | Unset = UNSET,
    view: ListJobsView | Unset = UNSET,
) -> JobPage:
    """List jobs

     Returns a page of jobs, most recent first.

    Args:
        page (str | Unset):
        per_page (int | Unset):
        include_ids (list[UUID] | Unset):
        exclude_ids (list[UUID] | Unset):
        names (list[str] | Unset):
        created_before (datetime.datetime | Unset):
        created_after (datetime.datetime | Unset):
        labels (LabelFilter | Unset):
        view (ListJobsView | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        JobPage
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                page=page,
                per_page=per_page,
                include_ids=include_ids,
                exclude_ids=exclude_ids,
                names=names,
                created_before=created_before,
                created_after=created_after,
                labels=labels,
                view=view,
            )
        )
    )


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    include_ids: list[UUID] | Unset = UNSET,
    exclude_ids: list[UUID] | Unset = UNSET,
    names: list[str] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    labels: LabelFilter | Unset = UNSET,
    view: ListJobsView | Unset = UNSET,
) -> Response[JobPage]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                page=page,
                per_page=per_page,
                include_ids=include_ids,
                exclude_ids=exclude_ids,
                names=names,
                created_before=created_before,
                created_after=created_after,
                labels=labels,
                view=view,
            )
        )
    )


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    include_ids: list[UUID] | Unset = UNSET,
    exclude_ids: list[UUID] | Unset = UNSET,
    names: list[str] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    labels: LabelFilter | Unset = UNSET,
    view: ListJobsView | Unset = UNSET,
) -> JobPage:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                page=page,
                per_page=per_page,
                include_ids=include_ids,
                exclude_ids=exclude_ids,
                names=names,
                created_before=created_before,
                created_after=created_after,
                labels=labels,
                view=view,
            )
        )
    )
