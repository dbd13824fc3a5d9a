from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    run_id: UUID,
    export_id: UUID,
    *,
    range_: str | Unset = UNSET,
    if_range: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(range_, Unset):
        headers["Range"] = range_

    if not isinstance(if_range, Unset):
        headers["If-Range"] = if_range

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/runs/{run_id}/exports/{export_id}/file".format(
            run_id=quote(str(run_id), safe=""),
            export_id=quote(str(export_id), safe=""),
        ),
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(response: httpx.Response) -> File:
    if response.status_code == 200:
        response_200 = File(payload=BytesIO(response.content))

        return response_200

    if response.status_code == 206:
        response_206 = File(payload=BytesIO(response.content))

        return response_206

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[File]:
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
    range_: str | Unset = UNSET,
    if_range: str | Unset = UNSET,
) -> Response[File]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                export_id=export_id,
                range_=range_,
                if_range=if_range,
            )
        )
    )


def sync(
    run_id: UUID,
    export_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    range_: str | Unset = UNSET,
    if_range: str | Unset = UNSET,
) -> File:
    """Get the file of an export

     Returns the file of a finished export. Until then the response is 409.

    On AWS the response is always a redirect (307) to a URL of the bucket. Everyone with the
    URL can read the file for five minutes. Do not send the credentials for this API to the
    bucket. On one machine the response has the file, or with `Range` one range of it (206). A
    `Range` with several ranges, with another unit, or with an `If-Range` that is not the `ETag`
    is ignored.

    Args:
        run_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        export_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        range_ (str | Unset):
        if_range (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        File
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                export_id=export_id,
                range_=range_,
                if_range=if_range,
            )
        )
    )


async def asyncio_detailed(
    run_id: UUID,
    export_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    range_: str | Unset = UNSET,
    if_range: str | Unset = UNSET,
) -> Response[File]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                export_id=export_id,
                range_=range_,
                if_range=if_range,
            )
        )
    )


async def asyncio(
    run_id: UUID,
    export_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    range_: str | Unset = UNSET,
    if_range: str | Unset = UNSET,
) -> File:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                export_id=export_id,
                range_=range_,
                if_range=if_range,
            )
        )
    )
