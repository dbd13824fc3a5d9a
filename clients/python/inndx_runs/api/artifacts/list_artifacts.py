import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.artifact_kind import ArtifactKind
from ...models.artifact_page import ArtifactPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    include_ids: list[str] | Unset = UNSET,
    exclude_ids: list[str] | Unset = UNSET,
    run_ids: list[UUID] | Unset = UNSET,
    url_hashes: list[str] | Unset = UNSET,
    blob_keys: list[str] | Unset = UNSET,
    kinds: list[ArtifactKind] | Unset = UNSET,
    pipeline_ids: list[str] | Unset = UNSET,
    content_types: list[str] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["page"] = page

    params["per_page"] = per_page

    json_include_ids: list[str] | Unset = UNSET
    if not isinstance(include_ids, Unset):
        json_include_ids = include_ids

    params["include_ids"] = json_include_ids

    json_exclude_ids: list[str] | Unset = UNSET
    if not isinstance(exclude_ids, Unset):
        json_exclude_ids = exclude_ids

    params["exclude_ids"] = json_exclude_ids

    json_run_ids: list[str] | Unset = UNSET
    if not isinstance(run_ids, Unset):
        json_run_ids = []
        for componentsschemas_id_list_item_data in run_ids:
            componentsschemas_id_list_item = str(componentsschemas_id_list_item_data)
            json_run_ids.append(componentsschemas_id_list_item)

    params["run_ids"] = json_run_ids

    json_url_hashes: list[str] | Unset = UNSET
    if not isinstance(url_hashes, Unset):
        json_url_hashes = url_hashes

    params["url_hashes"] = json_url_hashes

    json_blob_keys: list[str] | Unset = UNSET
    if not isinstance(blob_keys, Unset):
        json_blob_keys = blob_keys

    params["blob_keys"] = json_blob_keys

    json_kinds: list[str] | Unset = UNSET
    if not isinstance(kinds, Unset):
        json_kinds = []
        for componentsschemas_artifact_kind_list_item_data in kinds:
            componentsschemas_artifact_kind_list_item = (
                componentsschemas_artifact_kind_list_item_data.value
            )
            json_kinds.append(componentsschemas_artifact_kind_list_item)

    params["kinds"] = json_kinds

    json_pipeline_ids: list[str] | Unset = UNSET
    if not isinstance(pipeline_ids, Unset):
        json_pipeline_ids = pipeline_ids

    params["pipeline_ids"] = json_pipeline_ids

    json_content_types: list[str] | Unset = UNSET
    if not isinstance(content_types, Unset):
        json_content_types = content_types

    params["content_types"] = json_content_types

    json_created_before: str | Unset = UNSET
    if not isinstance(created_before, Unset):
        json_created_before = created_before.isoformat()
    params["created_before"] = json_created_before

    json_created_after: str | Unset = UNSET
    if not isinstance(created_after, Unset):
        json_created_after = created_after.isoformat()
    params["created_after"] = json_created_after

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/artifacts",
        "params": params,
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> ArtifactPage:
    if response.status_code == 200:
        response_200 = ArtifactPage.from_dict(response.json())

        return response_200

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[ArtifactPage]:
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
    include_ids: list[str] | Unset = UNSET,
    exclude_ids: list[str] | Unset = UNSET,
    run_ids: list[UUID] | Unset = UNSET,
    url_hashes: list[str] | Unset = UNSET,
    blob_keys: list[str] | Unset = UNSET,
    kinds: list[ArtifactKind] | Unset = UNSET,
    pipeline_ids: list[str] | Unset = UNSET,
    content_types: list[str] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
) -> Response[ArtifactPage]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                page=page,
                per_page=per_page,
                include_ids=include_ids,
                exclude_ids=exclude_ids,
                run_ids=run_ids,
                url_hashes=url_hashes,
                blob_keys=blob_keys,
                kinds=kinds,
                pipeline_ids=pipeline_ids,
                content_types=content_types,
                created_before=created_before,
                created_after=created_after,
            )
        )
    )


def sync(
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    include_ids: list[str] | Unset = UNSET,
    exclude_ids: list[str] | Unset = UNSET,
    run_ids: list[UUID] | Unset = UNSET,
    url_hashes: list[str] | Unset = UNSET,
    blob_keys: list[str] | Unset = UNSET,
    kinds: list[ArtifactKind] | Unset = UNSET,
    pipeline_ids: list[str] | Unset = UNSET,
    content_types: list[str] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
) -> ArtifactPage:
    """List artifacts

     Returns a page of artifacts: those of the most recently created run first, and of each run
    the most recently recorded first. A filter that matches almost nothing returns short or even
    empty pages. Only `next_page: null` marks the end of the walk.

    A walk shows each artifact exactly once that was recorded before the walk and was not
    deleted since. An artifact that is recorded during the walk is shown if its run comes later
    in the list.

    Args:
        page (str | Unset):
        per_page (int | Unset):
        include_ids (list[str] | Unset):
        exclude_ids (list[str] | Unset):
        run_ids (list[UUID] | Unset):
        url_hashes (list[str] | Unset):
        blob_keys (list[str] | Unset):
        kinds (list[ArtifactKind] | Unset):
        pipeline_ids (list[str] | Unset):
        content_types (list[str] | Unset):
        created_before (datetime.datetime | Unset):
        created_after (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ArtifactPage
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                page=page,
                per_page=per_page,
                include_ids=include_ids,
                exclude_ids=exclude_ids,
                run_ids=run_ids,
                url_hashes=url_hashes,
                blob_keys=blob_keys,
                kinds=kinds,
                pipeline_ids=pipeline_ids,
                content_types=content_types,
                created_before=created_before,
                created_after=created_after,
            )
        )
    )


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    include_ids: list[str] | Unset = UNSET,
    exclude_ids: list[str] | Unset = UNSET,
    run_ids: list[UUID] | Unset = UNSET,
    url_hashes: list[str] | Unset = UNSET,
    blob_keys: list[str] | Unset = UNSET,
    kinds: list[ArtifactKind] | Unset = UNSET,
    pipeline_ids: list[str] | Unset = UNSET,
    content_types: list[str] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
) -> Response[ArtifactPage]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                page=page,
                per_page=per_page,
                include_ids=include_ids,
                exclude_ids=exclude_ids,
                run_ids=run_ids,
                url_hashes=url_hashes,
                blob_keys=blob_keys,
                kinds=kinds,
                pipeline_ids=pipeline_ids,
                content_types=content_types,
                created_before=created_before,
                created_after=created_after,
            )
        )
    )


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    include_ids: list[str] | Unset = UNSET,
    exclude_ids: list[str] | Unset = UNSET,
    run_ids: list[UUID] | Unset = UNSET,
    url_hashes: list[str] | Unset = UNSET,
    blob_keys: list[str] | Unset = UNSET,
    kinds: list[ArtifactKind] | Unset = UNSET,
    pipeline_ids: list[str] | Unset = UNSET,
    content_types: list[str] | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
) -> ArtifactPage:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                page=page,
                per_page=per_page,
                include_ids=include_ids,
                exclude_ids=exclude_ids,
                run_ids=run_ids,
                url_hashes=url_hashes,
                blob_keys=blob_keys,
                kinds=kinds,
                pipeline_ids=pipeline_ids,
                content_types=content_types,
                created_before=created_before,
                created_after=created_after,
            )
        )
    )
