from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.export import Export
from ...types import Response


def _get_kwargs(
    run_id: UUID,
    export_id: UUID,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/runs/{run_id}/exports/{export_id}".format(
            run_id=quote(str(run_id), safe=""),
            export_id=quote(str(export_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> Export:
    if response.status_code == 200:
        response_200 = Export.from_dict(response.json())

        return response_200

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[Export]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(response),
    )


def sync_detailed(
    run_id: UUID,
    export_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> Response[Export]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                export_id=export_id,
            )
        )
    )


def sync(
    run_id: UUID,
    export_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> Export:
    """Get an export

     Returns a single export by ID, with its progress.

    Args:
        run_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        export_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Export
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                export_id=export_id,
            )
        )
    )


async def asyncio_detailed(
    run_id: UUID,
    export_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> Response[Export]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                export_id=export_id,
            )
        )
    )


async def asyncio(
    run_id: UUID,
    export_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> Export:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                export_id=export_id,
            )
        )
    )
