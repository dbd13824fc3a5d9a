"""Makes clients, which add headers, repeat requests, and raise errors."""

import asyncio
import email.utils
import random
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from .client import Client
from .models import FieldError

# The seconds before the first repetition, and the longest Retry-After that is obeyed.
FIRST_DELAY = 0.5
MAX_DELAY = 30.0

# The service lets a request wait for 20 seconds.
TIMEOUT = 60.0


class ApiError(Exception):
    """A response that reports a failure, of the service or of a gateway before it, or one that is
    not the service's, such as the page of a proxy.

    Attributes:
        status: The HTTP status. It is from 400 on if the response reports a failure.
        message: What went wrong, for people.
        reason: A stable name for programs, such as "no_such_run", or "" if the error is from a
            gateway.
        fields: The invalid fields of the request, if the status is 422.
        request_id: The id of the request in the log of the service, or "".
        retry_after: The seconds to wait before the request is repeated, or 0.
    """

    def __init__(self, response: httpx.Response, message: str) -> None:
        """Makes an error with the message of the response, or the given one if it has none."""
        body = _json_object(response)
        self.status = response.status_code
        self.message = str(body.get("message") or message)
        self.reason = str(body.get("reason") or "")
        self.fields = [FieldError.from_dict(field) for field in body.get("fields") or []]
        self.request_id = response.headers.get("X-Request-Id", "")
        self.retry_after = _seconds(response.headers.get("Retry-After", ""))
        rules = (
            f"; {field.field} {rule.message}" for field in self.fields for rule in field.errors
        )
        super().__init__(f"{self.status}: {self.message}{''.join(rules)}")


def connect(
    server: str,
    *,
    tenant: str = "",
    token: str | Callable[[], str] = "",
    auth: httpx.Auth | None = None,
    retries: int = 3,
    transport: httpx.BaseTransport | None = None,
    async_transport: httpx.AsyncBaseTransport | None = None,
) -> Client:
    """Returns a client of the service at server, a URL such as http://localhost:8022. It sends no
    request.

    Args:
        server: Where the service is.
        tenant: The value of X-Tenant-Id. Without it, the tenant is that of the token, or the
            default one of the deployment.
        token: A bearer token, for deployments with AuthMode jwt, or a function that returns one. It
            is called for each request.
        auth: Signs requests, for deployments with AuthMode iam.
        retries: How often a request is repeated that the service refused for the moment or that did
            not reach it.
        transport: Sends requests. The default is httpx.HTTPTransport().
        async_transport: Sends the requests of the functions named asyncio. The default is
            httpx.AsyncHTTPTransport().
    """
    if token:
        auth = _Bearer(token)
    repeater = _Transport(httpx.URL(server).host, retries, transport, async_transport)
    return Client(
        base_url=server,
        headers={"X-Tenant-Id": tenant} if tenant else {},
        timeout=httpx.Timeout(TIMEOUT),
        follow_redirects=True,
        httpx_args={"transport": repeater, "auth": auth},
    )


class _Bearer(httpx.Auth):
    def __init__(self, token: str | Callable[[], str]) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Any:
        token = self._token if isinstance(self._token, str) else self._token()
        request.headers["Authorization"] = f"Bearer {token}"
        yield request


class _Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Repeats requests, and raises an ApiError for a response without success."""

    def __init__(
        self,
        host: str,
        retries: int,
        transport: httpx.BaseTransport | None,
        async_transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._host = host
        self._retries = retries
        self._sync = transport or httpx.HTTPTransport()
        self._async = async_transport or httpx.AsyncHTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._prepare(request)
        attempt = 0
        while True:
            try:
                response = self._sync.handle_request(request)
                if message := self._failure(request, response):
                    response.read()
                    raise ApiError(response, message)
                return response
            except (ApiError, httpx.TransportError) as error:
                delay = _delay_after(error, attempt)
                if delay is None or attempt >= self._retries:
                    raise
            time.sleep(delay)
            attempt += 1

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._prepare(request)
        attempt = 0
        while True:
            try:
                response = await self._async.handle_async_request(request)
                if message := self._failure(request, response):
                    await response.aread()
                    raise ApiError(response, message)
                return response
            except (ApiError, httpx.TransportError) as error:
                delay = _delay_after(error, attempt)
                if delay is None or attempt >= self._retries:
                    raise
            await asyncio.sleep(delay)
            attempt += 1

    def _prepare(self, request: httpx.Request) -> None:
        if request.url.host != self._host:
            # Content is in a bucket, at a signed URL. It refuses headers of another signature.
            for name in list(request.headers):
                if name.startswith("x-amz-") or name == "x-tenant-id":
                    del request.headers[name]
        elif request.method == "POST":
            # With a key the service does once what is sent twice. The other methods need none.
            request.headers.setdefault("Idempotency-Key", str(uuid.uuid4()))

    def _failure(self, request: httpx.Request, response: httpx.Response) -> str:
        """Returns what is wrong with the response, or "" if it is a success."""
        status = response.status_code
        if status >= 400:
            return response.reason_phrase or "failed"
        content = request.url.path.endswith(("/blob", "/file"))
        if status >= 300 or status == 204 or content or request.url.host != self._host:
            return ""
        if response.headers.get("Content-Type", "").startswith("application/json"):
            return ""
        return "the response is not JSON, so it is not the service's"

    def close(self) -> None:
        self._sync.close()

    async def aclose(self) -> None:
        await self._async.aclose()


def _delay_after(error: Exception, attempt: int) -> float | None:
    """Returns the seconds to wait after a failed attempt, the first of which has the number 0, or
    None if another one would fail too."""
    # The delay doubles. Half of it is random, so that clients that were refused together do not
    # return together.
    delay = FIRST_DELAY * 2.0**attempt * random.uniform(0.5, 1)
    if not isinstance(error, ApiError):
        return min(delay, MAX_DELAY)
    # A request is in progress if it is the first attempt, whose response was lost.
    if error.status not in (429, 503) and error.reason != "request_in_progress":
        return None
    delay = max(delay, error.retry_after)
    return delay if delay <= MAX_DELAY else None


def _json_object(response: httpx.Response) -> dict[str, Any]:
    """Returns the body, or {} if it is another server's."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(value: str) -> float:
    """Returns the delay that a Retry-After, a number of seconds or a date, asks for."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        date = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return 0
    return max(0, date.timestamp() - time.time())
