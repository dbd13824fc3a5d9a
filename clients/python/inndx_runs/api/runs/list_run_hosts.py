from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.host_order import HostOrder
from ...models.host_page import HostPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    run_id: UUID,
    *,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    order: HostOrder | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["page"] = page

    params["per_page"] = per_page

    json_order: str | Unset = UNSET
    if not isinstance(order, Unset):
        json_order = order.value

    params["order"] = json_order

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/runs/{run_id}/hosts".format(
            run_id=quote(str(run_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> HostPage:
    if response.status_code == 200:
        response_200 = HostPage.from_dict(response.json())

        return response_200

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[HostPage]:
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
    order: HostOrder | Unset = UNSET,
) -> Response[HostPage]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                order=order,
            )
        )
    )


def sync(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    order: HostOrder | Unset = UNSET,
) -> HostPage:
    """List the hosts of a run

     Returns a page of the hosts of which a run fetched or excluded URLs, with their numbers, the
    latency of their responses, and when the next fetch may start. The numbers add up to the
    `progress` of the run.

    In the order of their names, which is the default, hosts are listed page by page. In the other
    orders there is one page: the `per_page` hosts that come first. A request reads a bounded part of
    the log. While `searched` is not null, the numbers are those of the parts that were read so far,
    and hosts may be missing; the next request continues.

    The first 10,000 hosts of a run are listed. `others` has the numbers of all further ones together.

    Args:
        run_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        page (str | Unset):
        per_page (int | Unset):
        order (HostOrder | Unset): An order of hosts.

            - `host`: By name.
            - `urls`: Those with the most URLs fetched or failed first.
            - `failed`: Those with the most failed URLs first.
            - `latency`: Those with the greatest `p90_ms` first.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        HostPage
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                order=order,
            )
        )
    )


async def asyncio_detailed(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    order: HostOrder | Unset = UNSET,
) -> Response[HostPage]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                order=order,
            )
        )
    )


async def asyncio(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    order: HostOrder | Unset = UNSET,
) -> HostPage:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                order=order,
            )
        )
    )
