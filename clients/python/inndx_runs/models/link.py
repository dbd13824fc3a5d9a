from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.error_reason import ErrorReason
from ..models.link_state import LinkState

T = TypeVar("T", bound="Link")


@_attrs_define
class Link:
    """A URL that a run knows.

    Attributes:
        content_type (None | str): The Content-Type of the response. Null without one.
        depth (int): Links from a seed. Seeds have depth 0.
        error_reason (ErrorReason | None): Why the URL failed, was excluded, or was not read completely. Null if there
            is no such reason.
        host (str): The host of the URL, and `:` and the port unless it is the scheme's default. Empty for a seed that
            is not a URL.
        http_status (int | None): The status of the response. Null without a response.
        id (None | UUID): The id of the URL's entry in the log. Null if the URL is queued.
        job_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        referrer (None | str): The URL that first led to this one, by a link or a redirect. Null for a seed, and if a
            run of an earlier version did not record it.
        run_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        state (LinkState): What became of a URL. The members of `progress` count the URLs of each state.

            - `queued`: The URL waits, is in flight, or waits for another attempt.
            - `fetched`: The response was 2xx or 3xx.
            - `failed`: There was no response, or it was 4xx or 5xx, after the retries.
            - `excluded`: Filters, robots.txt or bounds refuse the URL.
        title (None | str): The title of the page. Null without one.
        url (str): The URL, normalised. A seed that is not a URL is shown as it was written.
        url_hash (str): The first half of the SHA-256 of a URL, in hexadecimal digits.
    """

    content_type: None | str
    depth: int
    error_reason: ErrorReason | None
    host: str
    http_status: int | None
    id: None | UUID
    job_id: UUID
    referrer: None | str
    run_id: UUID
    state: LinkState
    title: None | str
    url: str
    url_hash: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        content_type: None | str
        content_type = self.content_type

        depth = self.depth

        error_reason: None | str
        if isinstance(self.error_reason, ErrorReason):
            error_reason = self.error_reason.value
        else:
            error_reason = self.error_reason

        host = self.host

        http_status: int | None
        http_status = self.http_status

        id: None | str
        if isinstance(self.id, UUID):
            id = str(self.id)
        else:
            id = self.id

        job_id = str(self.job_id)

        referrer: None | str
        referrer = self.referrer

        run_id = str(self.run_id)

        state = self.state.value

        title: None | str
        title = self.title

        url = self.url

        url_hash = self.url_hash

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "content_type": content_type,
                "depth": depth,
                "error_reason": error_reason,
                "host": host,
                "http_status": http_status,
                "id": id,
                "job_id": job_id,
                "referrer": referrer,
                "run_id": run_id,
                "state": state,
                "title": title,
                "url": url,
                "url_hash": url_hash,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_content_type(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        content_type = _parse_content_type(d.pop("content_type"))

        depth = d.pop("depth")

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

        def _parse_id(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                id_type_0 = UUID(data)

                return id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        id = _parse_id(d.pop("id"))

        job_id = UUID(d.pop("job_id"))

        def _parse_referrer(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        referrer = _parse_referrer(d.pop("referrer"))

        run_id = UUID(d.pop("run_id"))

        state = LinkState(d.pop("state"))

        def _parse_title(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        title = _parse_title(d.pop("title"))

        url = d.pop("url")

        url_hash = d.pop("url_hash")

        link = cls(
            content_type=content_type,
            depth=depth,
            error_reason=error_reason,
            host=host,
            http_status=http_status,
            id=id,
            job_id=job_id,
            referrer=referrer,
            run_id=run_id,
            state=state,
            title=title,
            url=url,
            url_hash=url_hash,
        )

        link.additional_properties = d
        return link

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
