from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.run import Run
from ...models.run_input import RunInput
from ...types import UNSET, Response, Unset


def _get_kwargs(
    job_id: UUID,
    *,
    body: RunInput | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/jobs/{job_id}/runs".format(
            job_id=quote(str(job_id), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(response: httpx.Response) -> Run:
    if response.status_code == 201:
        response_201 = Run.from_dict(response.json())

        return response_201

    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[Run]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(response),
    )


def sync_detailed(
    job_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: RunInput | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[Run]:
    """Like sync, with the status and the headers of the response."""
    return _build_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                job_id=job_id,
                body=body,
                idempotency_key=idempotency_key,
            )
        )
    )


def sync(
    job_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: RunInput | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Run:
    """Create a run

     Creates a run for a job. The run is pending and starts soon. It has the current labels and
    the current configuration of the job, with every default filled in. The response is 409 if
    the id exists, or if a starting criterion of the configuration refuses the run.

    Args:
        job_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        idempotency_key (str | Unset):
        body (RunInput | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Run
    """

    return _parse_response(
        client.get_httpx_client().request(
            **_get_kwargs(
                job_id=job_id,
                body=body,
                idempotency_key=idempotency_key,
            )
        )
    )


async def asyncio_detailed(
    job_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: RunInput | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[Run]:
    """Like sync_detailed, without blocking."""
    return _build_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                job_id=job_id,
                body=body,
                idempotency_key=idempotency_key,
            )
        )
    )


async def asyncio(
    job_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: RunInput | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Run:
    """Like sync, without blocking."""
    return _parse_response(
        await client.get_async_httpx_client().request(
            **_get_kwargs(
                job_id=job_id,
                body=body,
                idempotency_key=idempotency_key,
            )
        )
    )
