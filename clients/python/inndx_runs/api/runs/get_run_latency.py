from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.latency_series import LatencySeries
from ...models.window import Window
from ...types import UNSET, Response, Unset


def _get_kwargs(
    run_id: UUID,
    *,
    window: Window | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_window: str | Unset = UNSET
    if not isinstance(window, Unset):
        json_window = window.value

    params["window"] = json_window

    json_hosts: list[str] | Unset = UNSET
    if not isinstance(hosts, Unset):
        json_hosts = hosts

    params["hosts"] = json_hosts

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/runs/{run_id}/latency".format(
            run_id=quote(str(run_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> LatencySeries:
    if response.status_code == 200:
        response_200 = LatencySeries.from_dict(response.json())

        return response_200

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[LatencySeries]:
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
    window: Window | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
) -> Response[LatencySeries]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                window=window,
                hosts=hosts,
            )
        )
    )


def sync(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    window: Window | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
) -> LatencySeries:
    """Get the latency of a run

     Returns how long the responses of a run took: quantiles and the maximum, in each bucket and in
    all. The latency of a URL is that of the attempt that led to its outcome, from the request to the
    end of the body, as in the log. Excluded URLs, and those without a response, do not count.

    A quantile is the latency of the nearest rank. Less than 32 ms are exact, and more are within
    3.2 %. The maximum is exact. `window`, `hosts` and `searched` are those of the metrics.

    Args:
        run_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        window (Window | Unset): The width of a bucket of time.
        hosts (list[str] | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LatencySeries
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                window=window,
                hosts=hosts,
            )
        )
    )


async def asyncio_detailed(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    window: Window | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
) -> Response[LatencySeries]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                window=window,
                hosts=hosts,
            )
        )
    )


async def asyncio(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    window: Window | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
) -> LatencySeries:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                window=window,
                hosts=hosts,
            )
        )
    )
