from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.latency import Latency
    from ..models.responses import Responses


T = TypeVar("T", bound="Host")


@_attrs_define
class Host:
    """The numbers of one host, and when it is fetched from.

    Attributes:
        bytes_fetched (int): Bytes of the bodies read.
        delay_ms (int | None): The delay between two fetches as of the last one. Null if that was not recorded.
        host (str): The host, with `:` and the port unless it is the default one of the scheme. Empty for seeds that are
            not URLs.
        last_fetched_at (datetime.datetime | None): When the last fetch ended. Null if nothing was fetched.
        latency (Latency): How long responses took, in milliseconds. Quantiles of 32 ms or more are within 3.2 %. They
            are null if `count` is 0.
        next_fetch_at (datetime.datetime | None): The earliest time of the next fetch: the delay after the last one, or
            when the server asked to come back. It may be past. Null if nothing was fetched, or if the run is finished.
        responses (Responses): The URLs that were fetched or failed, by the class of the HTTP status.
        urls_excluded (int): URLs refused by filters, robots.txt or bounds. One that joins the queue later counts no
            longer.
        urls_failed (int): URLs without a response or with a 4xx or 5xx response, after all retries.
        urls_fetched (int): URLs with a 2xx or 3xx response.
    """

    bytes_fetched: int
    delay_ms: int | None
    host: str
    last_fetched_at: datetime.datetime | None
    latency: Latency
    next_fetch_at: datetime.datetime | None
    responses: Responses
    urls_excluded: int
    urls_failed: int
    urls_fetched: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        bytes_fetched = self.bytes_fetched

        delay_ms: int | None
        delay_ms = self.delay_ms

        host = self.host

        last_fetched_at: None | str
        if isinstance(self.last_fetched_at, datetime.datetime):
            last_fetched_at = self.last_fetched_at.isoformat()
        else:
            last_fetched_at = self.last_fetched_at

        latency = self.latency.to_dict()

        next_fetch_at: None | str
        if isinstance(self.next_fetch_at, datetime.datetime):
            next_fetch_at = self.next_fetch_at.isoformat()
        else:
            next_fetch_at = self.next_fetch_at

        responses = self.responses.to_dict()

        urls_excluded = self.urls_excluded

        urls_failed = self.urls_failed

        urls_fetched = self.urls_fetched

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "bytes_fetched": bytes_fetched,
                "delay_ms": delay_ms,
                "host": host,
                "last_fetched_at": last_fetched_at,
                "latency": latency,
                "next_fetch_at": next_fetch_at,
                "responses": responses,
                "urls_excluded": urls_excluded,
                "urls_failed": urls_failed,
                "urls_fetched": urls_fetched,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.latency import Latency  # noqa: PLC0415
        from ..models.responses import Responses  # noqa: PLC0415

        d = dict(src_dict)
        bytes_fetched = d.pop("bytes_fetched")

        def _parse_delay_ms(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        delay_ms = _parse_delay_ms(d.pop("delay_ms"))

        host = d.pop("host")

        def _parse_last_fetched_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_fetched_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_fetched_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_fetched_at = _parse_last_fetched_at(d.pop("last_fetched_at"))

        latency = Latency.from_dict(d.pop("latency"))

        def _parse_next_fetch_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_fetch_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_fetch_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_fetch_at = _parse_next_fetch_at(d.pop("next_fetch_at"))

        responses = Responses.from_dict(d.pop("responses"))

        urls_excluded = d.pop("urls_excluded")

        urls_failed = d.pop("urls_failed")

        urls_fetched = d.pop("urls_fetched")

        host = cls(
            bytes_fetched=bytes_fetched,
            delay_ms=delay_ms,
            host=host,
            last_fetched_at=last_fetched_at,
            latency=latency,
            next_fetch_at=next_fetch_at,
            responses=responses,
            urls_excluded=urls_excluded,
            urls_failed=urls_failed,
            urls_fetched=urls_fetched,
        )

        host.additional_properties = d
        return host

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
