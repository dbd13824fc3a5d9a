from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.edge_kind import EdgeKind
from ...models.edge_page import EdgePage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    run_id: UUID,
    *,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    to: list[str] | Unset = UNSET,
    to_url: list[str] | Unset = UNSET,
    from_: list[str] | Unset = UNSET,
    from_url: list[str] | Unset = UNSET,
    kinds: list[EdgeKind] | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["page"] = page

    params["per_page"] = per_page

    json_to: list[str] | Unset = UNSET
    if not isinstance(to, Unset):
        json_to = to

    params["to"] = json_to

    json_to_url: list[str] | Unset = UNSET
    if not isinstance(to_url, Unset):
        json_to_url = to_url

    params["to_url"] = json_to_url

    json_from_: list[str] | Unset = UNSET
    if not isinstance(from_, Unset):
        json_from_ = from_

    params["from"] = json_from_

    json_from_url: list[str] | Unset = UNSET
    if not isinstance(from_url, Unset):
        json_from_url = from_url

    params["from_url"] = json_from_url

    json_kinds: list[str] | Unset = UNSET
    if not isinstance(kinds, Unset):
        json_kinds = []
        for componentsschemas_edge_kind_list_item_data in kinds:
            componentsschemas_edge_kind_list_item = componentsschemas_edge_kind_list_item_data.value
            json_kinds.append(componentsschemas_edge_kind_list_item)

    params["kinds"] = json_kinds

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/runs/{run_id}/edges".format(
            run_id=quote(str(run_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> EdgePage:
    if response.status_code == 200:
        response_200 = EdgePage.from_dict(response.json())

        return response_200

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[EdgePage]:
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
    to: list[str] | Unset = UNSET,
    to_url: list[str] | Unset = UNSET,
    from_: list[str] | Unset = UNSET,
    from_url: list[str] | Unset = UNSET,
    kinds: list[EdgeKind] | Unset = UNSET,
) -> Response[EdgePage]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                to=to,
                to_url=to_url,
                from_=from_,
                from_url=from_url,
                kinds=kinds,
            )
        )
    )


def sync(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    to: list[str] | Unset = UNSET,
    to_url: list[str] | Unset = UNSET,
    from_: list[str] | Unset = UNSET,
    from_url: list[str] | Unset = UNSET,
    kinds: list[EdgeKind] | Unset = UNSET,
) -> EdgePage:
    """List the edges of a run

     Returns a page of the edges between URLs, most recently recorded first. If the configuration
    says `record: {edges: true}`, every link and every redirect of every page is an edge.
    Otherwise a URL has the edge that first led to it, and edges through which it was discovered
    again at a smaller depth or by a redirect. Edges recorded during a walk do not change what
    the walk shows.

    With `to`, or `to_url`, the list answers which pages link to a broken page. A request
    searches a bounded part of the log, the last recorded first. So a page may be short or even
    empty, and `searched` says how much of the log was searched so far. Only `next_page: null`
    marks the end of the walk.

    Args:
        run_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        page (str | Unset):
        per_page (int | Unset):
        to (list[str] | Unset):
        to_url (list[str] | Unset):
        from_ (list[str] | Unset):
        from_url (list[str] | Unset):
        kinds (list[EdgeKind] | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EdgePage
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                to=to,
                to_url=to_url,
                from_=from_,
                from_url=from_url,
                kinds=kinds,
            )
        )
    )


async def asyncio_detailed(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    to: list[str] | Unset = UNSET,
    to_url: list[str] | Unset = UNSET,
    from_: list[str] | Unset = UNSET,
    from_url: list[str] | Unset = UNSET,
    kinds: list[EdgeKind] | Unset = UNSET,
) -> Response[EdgePage]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                to=to,
                to_url=to_url,
                from_=from_,
                from_url=from_url,
                kinds=kinds,
            )
        )
    )


async def asyncio(
    run_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    page: str | Unset = UNSET,
    per_page: int | Unset = UNSET,
    to: list[str] | Unset = UNSET,
    to_url: list[str] | Unset = UNSET,
    from_: list[str] | Unset = UNSET,
    from_url: list[str] | Unset = UNSET,
    kinds: list[EdgeKind] | Unset = UNSET,
) -> EdgePage:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                run_id=run_id,
                page=page,
                per_page=per_page,
                to=to,
                to_url=to_url,
                from_=from_,
                from_url=from_url,
                kinds=kinds,
            )
        )
    )
