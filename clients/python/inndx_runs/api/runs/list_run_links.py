from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.link_page import LinkPage
from ...models.link_state import LinkState
from ...types import UNSET, Response, Unset


def _get_kwargs(
    run_id: UUID,
    *,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    states: list[LinkState] | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
    url_query: str | Unset = UNSET,
    url_prefix: str | Unset = UNSET,
    url_hashes: list[str] | Unset = UNSET,
    http_statuses: list[str] | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["page"] = page

    params["per_page"] = per_page

    json_states: list[str] | Unset = UNSET
    if not isinstance(states, Unset):
        json_states = []
        for componentsschemas_link_state_list_item_data in states:
            componentsschemas_link_state_list_item = (
                componentsschemas_link_state_list_item_data.value
            )
            json_states.append(componentsschemas_link_state_list_item)

    params["states"] = json_states

    json_hosts: list[str] | Unset = UNSET
    if not isinstance(hosts, Unset):
        json_hosts = hosts

    params["hosts"] = json_hosts

    params["url"] = url_query

    params["url_prefix"] = url_prefix

    json_url_hashes: list[str] | Unset = UNSET
    if not isinstance(url_hashes, Unset):
        json_url_hashes = url_hashes

    params["url_hashes"] = json_url_hashes

    json_http_statuses: list[str] | Unset = UNSET
    if not isinstance(http_statuses, Unset):
        json_http_statuses = http_statuses

    params["http_statuses"] = json_http_statuses

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/runs/{run_id}/links".format(
            run_id=quote(str(run_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> LinkPage:
    if response.status_code == 200:
        response_200 = LinkPage.from_dict(response.json())

        return response_200

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[LinkPage]:
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
    states: list[LinkState] | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
    url_query: str | Unset = UNSET,
    url_prefix: str | Unset = UNSET,
    url_hashes: list[str] | Unset = UNSET,
    http_statuses: list[str] | Unset = UNSET,
) -> Response[LinkPage]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                states=states,
                hosts=hosts,
                url_query=url_query,
                url_prefix=url_prefix,
                url_hashes=url_hashes,
                http_statuses=http_statuses,
            )
        )
    )


def sync(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    states: list[LinkState] | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
    url_query: str | Unset = UNSET,
    url_prefix: str | Unset = UNSET,
    url_hashes: list[str] | Unset = UNSET,
    http_statuses: list[str] | Unset = UNSET,
) -> LinkPage:
    """List the links of a run

     Returns a page of the URLs that the run knows, each with its state. A walk through all pages
    shows each URL once, in the state that it had when the first page was read. Only `depth` of
    a queued URL may be smaller, if the URL was discovered again since.

    First come the URLs whose end is in the log, most recently recorded first. Then come the
    URLs that only the whole log decides: those that are queued, and those that `seed_hosts`
    excludes, which may still be queued later. For these, the service first reads the log from
    its beginning. Of a large log it reads a part for each request and returns empty pages, with
    `searched`, until it has read all of it. Only `next_page: null` marks the end of the walk.

    Args:
        run_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        page (str | Unset):
        per_page (int | Unset):
        states (list[LinkState] | Unset):
        hosts (list[str] | Unset):
        url_query (str | Unset):
        url_prefix (str | Unset):
        url_hashes (list[str] | Unset):
        http_statuses (list[str] | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LinkPage
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                states=states,
                hosts=hosts,
                url_query=url_query,
                url_prefix=url_prefix,
                url_hashes=url_hashes,
                http_statuses=http_statuses,
            )
        )
    )


async def asyncio_detailed(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    states: list[LinkState] | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
    url_query: str | Unset = UNSET,
    url_prefix: str | Unset = UNSET,
    url_hashes: list[str] | Unset = UNSET,
    http_statuses: list[str] | Unset = UNSET,
) -> Response[LinkPage]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                states=states,
                hosts=hosts,
                url_query=url_query,
                url_prefix=url_prefix,
                url_hashes=url_hashes,
                http_statuses=http_statuses,
            )
        )
    )


async def asyncio(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    states: list[LinkState] | Unset = UNSET,
    hosts: list[str] | Unset = UNSET,
    url_query: str | Unset = UNSET,
    url_prefix: str | Unset = UNSET,
    url_hashes: list[str] | Unset = UNSET,
    http_statuses: list[str] | Unset = UNSET,
) -> LinkPage:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                states=states,
                hosts=hosts,
                url_query=url_query,
                url_prefix=url_prefix,
                url_hashes=url_hashes,
                http_statuses=http_statuses,
            )
        )
    )
