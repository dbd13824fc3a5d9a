from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.error_reason import ErrorReason
from ..models.log_status import LogStatus
from ..models.step import Step

T = TypeVar("T", bound="LogEntry")


@_attrs_define
class LogEntry:
    """What happened to one URL. Entries that earlier versions of the service recorded have no
    content type, title, redirect URL, digest, attempt and referrer.

        Attributes:
            attempt (int | None): The number of the attempt that led to this result: 1 for the first one. Null if the URL
                was not to be requested.
            bytes_ (int | None): The length of the body as it was transferred, as far as it was read. Null without a
                response.
            check (bool): Whether the URL was only checked, as an asset or as a link that leaves the crawl. False in runs of
                earlier versions.
            content_type (None | str): The Content-Type of the response, in at most 200 bytes. Null if it has none.
            depth (int): Links from a seed. Seeds have depth 0.
            digest (None | str): The SHA-256 of the body of a response with a status of 2xx, decompressed, as far as it
                was read. Null for other responses, or if `record.digests` is
                false.
            error_detail (None | str): More about the reason, for people. Null if there is nothing to add.
            error_reason (ErrorReason | None): Why the status is not `ok`. Null if it is.
            host (str): The host of the URL, and `:` and the port unless it is the scheme's default. Empty for a seed that
                is not a URL.
            http_status (int | None): The status of the response. Null without a response.
            id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
            job_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
            latency_ms (int | None): Milliseconds from the start of the fetch, including the lookup of the host, to the end
                of the response. Null without a response.
            occurred_at (datetime.datetime): RFC 3339 in UTC with microseconds.
            redirect_url (None | str): The URL that the response redirects to, normalised, even if it is not followed. Of a
                response that is no redirect: the URL that it came from, because redirects that set cookies led back to it.
                Otherwise null.
            referrer (None | str): The URL of the page whose link led to this URL, or of the redirect. It is the first one,
                or a later one if that made the depth of the URL smaller. Null for a seed.
            run_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
            status (LogStatus): - `ok`: The URL was fetched.
                - `error`: There was no response or a 4xx or 5xx response, after all retries. Or the URL was
                  fetched and not all of its links could be read. Or a sitemap of a seed could not be read
                  completely.
                - `excluded`: The URL was refused and not fetched.
            step (Step): - `schedule`: Before any request: filters and bounds.
                - `fetch`: robots.txt and the request itself.
                - `parse`: Reading the links of the response.
            title (None | str): The title of an HTML page, without surrounding and repeated white space, in at most 200
                bytes. Null if it has none.
            url (str): The URL, normalised. A seed that is not a URL is shown as it was written.
            url_hash (str): The first half of the SHA-256 of the URL, in hexadecimal digits.
    """

    attempt: int | None
    bytes_: int | None
    check: bool
    content_type: None | str
    depth: int
    digest: None | str
    error_detail: None | str
    error_reason: ErrorReason | None
    host: str
    http_status: int | None
    id: UUID
    job_id: UUID
    latency_ms: int | None
    occurred_at: datetime.datetime
    redirect_url: None | str
    referrer: None | str
    run_id: UUID
    status: LogStatus
    step: Step
    title: None | str
    url: str
    url_hash: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        attempt: int | None
        attempt = self.attempt

        bytes_: int | None
        bytes_ = self.bytes_

        check = self.check

        content_type: None | str
        content_type = self.content_type

        depth = self.depth

        digest: None | str
        digest = self.digest

        error_detail: None | str
        error_detail = self.error_detail

        error_reason: None | str
        if isinstance(self.error_reason, ErrorReason):
            error_reason = self.error_reason.value
        else:
            error_reason = self.error_reason

        host = self.host

        http_status: int | None
        http_status = self.http_status

        id = str(self.id)

        job_id = str(self.job_id)

        latency_ms: int | None
        latency_ms = self.latency_ms

        occurred_at = self.occurred_at.isoformat()

        redirect_url: None | str
        redirect_url = self.redirect_url

        referrer: None | str
        referrer = self.referrer

        run_id = str(self.run_id)

        status = self.status.value

        step = self.step.value

        title: None | str
        title = self.title

        url = self.url

        url_hash = self.url_hash

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "attempt": attempt,
                "bytes": bytes_,
                "check": check,
                "content_type": content_type,
                "depth": depth,
                "digest": digest,
                "error_detail": error_detail,
                "error_reason": error_reason,
                "host": host,
                "http_status": http_status,
                "id": id,
                "job_id": job_id,
                "latency_ms": latency_ms,
                "occurred_at": occurred_at,
                "redirect_url": redirect_url,
                "referrer": referrer,
                "run_id": run_id,
                "status": status,
                "step": step,
                "title": title,
                "url": url,
                "url_hash": url_hash,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_attempt(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        attempt = _parse_attempt(d.pop("attempt"))

        def _parse_bytes_(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        bytes_ = _parse_bytes_(d.pop("bytes"))

        check = d.pop("check")

        def _parse_content_type(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        content_type = _parse_content_type(d.pop("content_type"))

        depth = d.pop("depth")

        def _parse_digest(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        digest = _parse_digest(d.pop("digest"))

        def _parse_error_detail(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        error_detail = _parse_error_detail(d.pop("error_detail"))

        def _parse_error_reason(data: object) -> ErrorReason | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                error_reason_type_0 = ErrorReason(data)

                return error_reason_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ErrorReason | None, data)

        error_reason = _parse_error_reason(d.pop("error_reason"))

        host = d.pop("host")

        def _parse_http_status(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        http_status = _parse_http_status(d.pop("http_status"))

        id = UUID(d.pop("id"))

        job_id = UUID(d.pop("job_id"))

        def _parse_latency_ms(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        latency_ms = _parse_latency_ms(d.pop("latency_ms"))

        occurred_at = datetime.datetime.fromisoformat(d.pop("occurred_at"))

        def _parse_redirect_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        redirect_url = _parse_redirect_url(d.pop("redirect_url"))

        def _parse_referrer(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        referrer = _parse_referrer(d.pop("referrer"))

        run_id = UUID(d.pop("run_id"))

        status = LogStatus(d.pop("status"))

        step = Step(d.pop("step"))

        def _parse_title(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        title = _parse_title(d.pop("title"))

        url = d.pop("url")

        url_hash = d.pop("url_hash")

        log_entry = cls(
            attempt=attempt,
            bytes_=bytes_,
            check=check,
            content_type=content_type,
            depth=depth,
            digest=digest,
            error_detail=error_detail,
            error_reason=error_reason,
            host=host,
            http_status=http_status,
            id=id,
            job_id=job_id,
            latency_ms=latency_ms,
            occurred_at=occurred_at,
            redirect_url=redirect_url,
            referrer=referrer,
            run_id=run_id,
            status=status,
            step=step,
            title=title,
            url=url,
            url_hash=url_hash,
        )

        log_entry.additional_properties = d
        return log_entry

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
