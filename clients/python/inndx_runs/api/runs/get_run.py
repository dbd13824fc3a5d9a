from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.run import Run
from ...models.status import Status
from ...types import UNSET, Response, Unset


def _get_kwargs(
    run_id: UUID,
    *,
    wait: str | Unset = UNSET,
    while_: Status | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["wait"] = wait

    json_while_: str | Unset = UNSET
    if not isinstance(while_, Unset):
        json_while_ = while_.value

    params["while"] = json_while_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/runs/{run_id}".format(
            run_id=quote(str(run_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> Run:
    if response.status_code == 200:
        response_200 = Run.from_dict(response.json())

        return response_200

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[Run]:
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
    wait: str | Unset = UNSET,
    while_: Status | Unset = UNSET,
) -> Response[Run]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                wait=wait,
                while_=while_,
            )
        )
    )


def sync(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    wait: str | Unset = UNSET,
    while_: Status | Unset = UNSET,
) -> Run:
    """Get a run

     Returns a single run by ID.

    With `wait`, the response comes as soon as the run has another status than `while`, is
    finished or is deleted (404), or when the time is up. It is the run at that moment, so a
    client that still finds the status sends the request again. A status that lasts for less
    than a second may be missed. `If-None-Match` is checked after the wait.

    Args:
        run_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        wait (str | Unset): A duration such as `1s` or `20s`.
        while_ (Status | Unset): - `pending`: Created but not yet started.
            - `running`: Currently executing.
            - `paused`: Temporarily halted and resumable.
            - `finished`: Completed or stopped.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Run
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                wait=wait,
                while_=while_,
            )
        )
    )


async def asyncio_detailed(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    wait: str | Unset = UNSET,
    while_: Status | Unset = UNSET,
) -> Response[Run]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                wait=wait,
                while_=while_,
            )
        )
    )


async def asyncio(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    wait: str | Unset = UNSET,
    while_: Status | Unset = UNSET,
) -> Run:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                wait=wait,
                while_=while_,
            )
        )
    )
