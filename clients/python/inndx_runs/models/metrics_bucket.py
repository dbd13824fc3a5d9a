from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.responses import Responses


T = TypeVar("T", bound="MetricsBucket")


@_attrs_define
class MetricsBucket:
    """What a run did in a span of time.

    Attributes:
        bytes_fetched (int): Bytes of the bodies read.
        responses (Responses): The URLs that were fetched or failed, by the class of the HTTP status.
        started_at (datetime.datetime): The beginning of the bucket.
        urls_excluded (int): URLs refused by filters, robots.txt or bounds. One that joins the queue later counts no
            longer.
        urls_failed (int): URLs without a response or with a 4xx or 5xx response, after all retries.
        urls_fetched (int): URLs with a 2xx or 3xx response.
        urls_queued (int | None): URLs known and not yet processed at the end of the bucket. Null if that was not
            recorded.
    """

    bytes_fetched: int
    responses: Responses
    started_at: datetime.datetime
    urls_excluded: int
    urls_failed: int
    urls_fetched: int
    urls_queued: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        bytes_fetched = self.bytes_fetched

        responses = self.responses.to_dict()

        started_at = self.started_at.isoformat()

        urls_excluded = self.urls_excluded

        urls_failed = self.urls_failed

        urls_fetched = self.urls_fetched

        urls_queued: int | None
        urls_queued = self.urls_queued

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "bytes_fetched": bytes_fetched,
                "responses": responses,
                "started_at": started_at,
                "urls_excluded": urls_excluded,
                "urls_failed": urls_failed,
                "urls_fetched": urls_fetched,
                "urls_queued": urls_queued,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.responses import Responses  # noqa: PLC0415

        d = dict(src_dict)
        bytes_fetched = d.pop("bytes_fetched")

        responses = Responses.from_dict(d.pop("responses"))

        started_at = datetime.datetime.fromisoformat(d.pop("started_at"))

        urls_excluded = d.pop("urls_excluded")

        urls_failed = d.pop("urls_failed")

        urls_fetched = d.pop("urls_fetched")

        def _parse_urls_queued(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        urls_queued = _parse_urls_queued(d.pop("urls_queued"))

        metrics_bucket = cls(
            bytes_fetched=bytes_fetched,
            responses=responses,
            started_at=started_at,
            urls_excluded=urls_excluded,
            urls_failed=urls_failed,
            urls_fetched=urls_fetched,
            urls_queued=urls_queued,
        )

        metrics_bucket.additional_properties = d
        return metrics_bucket

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
