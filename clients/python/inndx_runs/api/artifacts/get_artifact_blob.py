from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    artifact_id: str,
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
        "url": "/v1/artifacts/{artifact_id}/blob".format(
            artifact_id=quote(str(artifact_id), safe=""),
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
    artifact_id: str,
    *,
    client: AuthenticatedClient | Client,
    range_: str | Unset = UNSET,
    if_range: str | Unset = UNSET,
) -> Response[File]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                artifact_id=artifact_id,
                range_=range_,
                if_range=if_range,
            )
        )
    )


def sync(
    artifact_id: str,
    *,
    client: AuthenticatedClient | Client,
    range_: str | Unset = UNSET,
    if_range: str | Unset = UNSET,
) -> File:
    """Get the content of an artifact

     Returns the bytes of an artifact with their own content type. Those of a `raw` artifact are
    the body of the response of the site, decompressed. They are not compressed again. A
    `Content-Type` of the site that is not a media type becomes `application/octet-stream`.

    With `Range`, the response is one range of the bytes (206). If the content has no byte of
    the range, it is 416. A `Range` with several ranges, with another unit, or with an
    `If-Range` that is not the `ETag` is ignored.

    On AWS, a content of more than 4,500,000 bytes is not in the response. The response is a
    redirect (307) to a URL of the bucket instead. Everyone with the URL can read the content
    for five minutes. Do not send the credentials for this API to the bucket. Most clients do
    not send `Authorization` to another host.

    A content is a stranger's work. So that no page of it runs in the origin of this API, it is
    sent as an attachment and with `Content-Security-Policy: sandbox`.

    Args:
        artifact_id (str): The id of an artifact, which never changes: the id of its run and three
            numbers, separated
            by points. Responses use lower case.
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
                artifact_id=artifact_id,
                range_=range_,
                if_range=if_range,
            )
        )
    )


async def asyncio_detailed(
    artifact_id: str,
    *,
    client: AuthenticatedClient | Client,
    range_: str | Unset = UNSET,
    if_range: str | Unset = UNSET,
) -> Response[File]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                artifact_id=artifact_id,
                range_=range_,
                if_range=if_range,
            )
        )
    )


async def asyncio(
    artifact_id: str,
    *,
    client: AuthenticatedClient | Client,
    range_: str | Unset = UNSET,
    if_range: str | Unset = UNSET,
) -> File:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                artifact_id=artifact_id,
                range_=range_,
                if_range=if_range,
            )
        )
    )
