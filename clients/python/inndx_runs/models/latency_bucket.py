from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="LatencyBucket")


@_attrs_define
class LatencyBucket:
    """How long the responses in a span of time took; see Latency.

    Attributes:
        count (int): How many responses.
        max_ms (int | None): The slowest response.
        p50_ms (int | None): Half of the responses took no longer.
        p90_ms (int | None): 90 % of the responses took no longer.
        p99_ms (int | None): 99 % of the responses took no longer.
        started_at (datetime.datetime): The beginning of the bucket.
    """

    count: int
    max_ms: int | None
    p50_ms: int | None
    p90_ms: int | None
    p99_ms: int | None
    started_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        count = self.count

        max_ms: int | None
        max_ms = self.max_ms

        p50_ms: int | None
        p50_ms = self.p50_ms

        p90_ms: int | None
        p90_ms = self.p90_ms

        p99_ms: int | None
        p99_ms = self.p99_ms

        started_at = self.started_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "count": count,
                "max_ms": max_ms,
                "p50_ms": p50_ms,
                "p90_ms": p90_ms,
                "p99_ms": p99_ms,
                "started_at": started_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        count = d.pop("count")

        def _parse_max_ms(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        max_ms = _parse_max_ms(d.pop("max_ms"))

        def _parse_p50_ms(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        p50_ms = _parse_p50_ms(d.pop("p50_ms"))

        def _parse_p90_ms(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        p90_ms = _parse_p90_ms(d.pop("p90_ms"))

        def _parse_p99_ms(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        p99_ms = _parse_p99_ms(d.pop("p99_ms"))

        started_at = datetime.datetime.fromisoformat(d.pop("started_at"))

        latency_bucket = cls(
            count=count,
            max_ms=max_ms,
            p50_ms=p50_ms,
            p90_ms=p90_ms,
            p99_ms=p99_ms,
            started_at=started_at,
        )

        latency_bucket.additional_properties = d
        return latency_bucket

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
