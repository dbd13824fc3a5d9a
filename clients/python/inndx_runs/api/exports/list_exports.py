from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.export_format import ExportFormat
from ...models.export_page import ExportPage
from ...models.export_state import ExportState
from ...types import UNSET, Response, Unset


def _get_kwargs(
    run_id: UUID,
    *,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    states: list[ExportState] | Unset = UNSET,
    formats: list[ExportFormat] | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["page"] = page

    params["per_page"] = per_page

    json_states: list[str] | Unset = UNSET
    if not isinstance(states, Unset):
        json_states = []
        for componentsschemas_export_state_list_item_data in states:
            componentsschemas_export_state_list_item = (
                componentsschemas_export_state_list_item_data.value
            )
            json_states.append(componentsschemas_export_state_list_item)

    params["states"] = json_states

    json_formats: list[str] | Unset = UNSET
    if not isinstance(formats, Unset):
        json_formats = []
        for componentsschemas_export_format_list_item_data in formats:
            componentsschemas_export_format_list_item = (
                componentsschemas_export_format_list_item_data.value
            )
            json_formats.append(componentsschemas_export_format_list_item)

    params["formats"] = json_formats

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/runs/{run_id}/exports".format(
            run_id=quote(str(run_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> ExportPage:
    if response.status_code == 200:
        response_200 = ExportPage.from_dict(response.json())

        return response_200

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[ExportPage]:
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
    states: list[ExportState] | Unset = UNSET,
    formats: list[ExportFormat] | Unset = UNSET,
) -> Response[ExportPage]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                states=states,
                formats=formats,
            )
        )
    )


def sync(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    states: list[ExportState] | Unset = UNSET,
    formats: list[ExportFormat] | Unset = UNSET,
) -> ExportPage:
    """List exports

     Returns a page of the exports of a run, the most recently created first. A run has at most
    20.

    A walk shows each export exactly once that was created before the walk and was not deleted
    since.

    Args:
        run_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        page (str | Unset):
        per_page (int | Unset):
        states (list[ExportState] | Unset):
        formats (list[ExportFormat] | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ExportPage
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                states=states,
                formats=formats,
            )
        )
    )


async def asyncio_detailed(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    states: list[ExportState] | Unset = UNSET,
    formats: list[ExportFormat] | Unset = UNSET,
) -> Response[ExportPage]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                states=states,
                formats=formats,
            )
        )
    )


async def asyncio(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    states: list[ExportState] | Unset = UNSET,
    formats: list[ExportFormat] | Unset = UNSET,
) -> ExportPage:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                states=states,
                formats=formats,
            )
        )
    )
