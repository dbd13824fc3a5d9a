from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.artifact import Artifact
from ...types import Response


def _get_kwargs(
    artifact_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/artifacts/{artifact_id}".format(
            artifact_id=quote(str(artifact_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> Artifact:
    if response.status_code == 200:
        response_200 = Artifact.from_dict(response.json())

        return response_200

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[Artifact]:
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
) -> Response[Artifact]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                artifact_id=artifact_id,
            )
        )
    )


def sync(
    artifact_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Artifact:
    """Get an artifact

     Returns a single artifact by ID, without its content.

    Args:
        artifact_id (str): The id of an artifact, which never changes: the id of its run and three
            numbers, separated
            by points. Responses use lower case.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Artifact
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                artifact_id=artifact_id,
            )
        )
    )


async def asyncio_detailed(
    artifact_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[Artifact]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                artifact_id=artifact_id,
            )
        )
    )


async def asyncio(
    artifact_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Artifact:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                artifact_id=artifact_id,
            )
        )
    )
