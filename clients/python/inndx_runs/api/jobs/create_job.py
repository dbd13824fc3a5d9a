from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.job import Job
from ...models.job_input import JobInput
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: JobInput,
    create_run: bool | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    params: dict[str, Any] = {}

    params["create_run"] = create_run

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/jobs",
        "params": params,
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(response: httpx.Response) -> Job:
    if response.status_code == 201:
        response_201 = Job.from_dict(response.json())

        return response_201

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[Job]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: JobInput,
    create_run: bool | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[Job]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                body=body,
                create_run=create_run,
                idempotency_key=idempotency_key,
            )
        )
    )


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: JobInput,
    create_run: bool | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Job:
    """Create a job

     Creates a job and, with `create_run=true`, its first run. Either both are created or
    neither. The response is 409 if the id exists.

    Args:
        create_run (bool | Unset):
        idempotency_key (str | Unset):
        body (JobInput):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Job
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                body=body,
                create_run=create_run,
                idempotency_key=idempotency_key,
            )
        )
    )


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: JobInput,
    create_run: bool | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[Job]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                body=body,
                create_run=create_run,
                idempotency_key=idempotency_key,
            )
        )
    )


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: JobInput,
    create_run: bool | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Job:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                body=body,
                create_run=create_run,
                idempotency_key=idempotency_key,
            )
        )
    )
