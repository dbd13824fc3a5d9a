from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...types import UNSET, Response, Unset


def _get_kwargs(
    artifact_id: str,
    *,
    if_match: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_match, Unset):
        headers["If-Match"] = if_match

    _kwargs: dict[str, Any] = {
        "method": "delete",
        "url": "/v1/artifacts/{artifact_id}".format(
            artifact_id=quote(str(artifact_id), safe=""),
        ),
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(response: httpx.Response) -> None:
    if response.status_code == 204:
        return None

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[None]:
    _parse_response(response)
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=None,
    )


def sync_detailed(
    artifact_id: str,
    *,
    client: AuthenticatedClient | Client,
    if_match: str | Unset = UNSET,
) -> Response[None]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                artifact_id=artifact_id,
                if_match=if_match,
            )
        )
    )


def sync(
    artifact_id: str,
    *,
    client: AuthenticatedClient | Client,
    if_match: str | Unset = UNSET,
) -> None:
    """Delete an artifact

     Deletes an artifact and its content. The artifact is hidden at once. The response is 204
    when its bytes are gone. After another response, or none, repeat the request until it is 204
    or 404. The entry of the URL in the run's log stays.

    The artifacts with the same `content_id` have the same content, which is stored once. If the
    deleted one is not a `revisit`, they go with it, also those that are recorded later. A
    deleted `revisit` takes none with it.

    Args:
        artifact_id (str): The id of an artifact, which never changes: the id of its run and three
            numbers, separated
            by points. Responses use lower case.
        if_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                artifact_id=artifact_id,
                if_match=if_match,
            )
        )
    )


async def asyncio_detailed(
    artifact_id: str,
    *,
    client: AuthenticatedClient | Client,
    if_match: str | Unset = UNSET,
) -> Response[None]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                artifact_id=artifact_id,
                if_match=if_match,
            )
        )
    )


async def asyncio(
    artifact_id: str,
    *,
    client: AuthenticatedClient | Client,
    if_match: str | Unset = UNSET,
) -> None:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                artifact_id=artifact_id,
                if_match=if_match,
            )
        )
    )
