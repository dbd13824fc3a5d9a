from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.window import Window

if TYPE_CHECKING:
    from ..models.latency import Latency
    from ..models.latency_bucket import LatencyBucket
    from ..models.searched_log_type_0 import SearchedLogType0


T = TypeVar("T", bound="LatencySeries")


@_attrs_define
class LatencySeries:
    """How long the responses of a run took over time.

    Attributes:
        buckets (list[LatencyBucket]): From the first bucket in which something was recorded to the last one, without
            gaps.
        searched (None | SearchedLogType0): How much of the log the numbers are of, if it is not the whole log: so many
            parts of all.
            Another request continues. `parts` can fall back if another process of the service handles
            it. Null if the numbers are complete.
        total (Latency): How long responses took, in milliseconds. Quantiles of 32 ms or more are within 3.2 %. They
            are null if `count` is 0.
        window (Window): The width of a bucket of time.
    """

    buckets: list[LatencyBucket]
    searched: None | SearchedLogType0
    total: Latency
    window: Window
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.searched_log_type_0 import SearchedLogType0  # noqa: PLC0415

        buckets = []
        for buckets_item_data in self.buckets:
            buckets_item = buckets_item_data.to_dict()
            buckets.append(buckets_item)

        searched: dict[str, Any] | None
        if isinstance(self.searched, SearchedLogType0):
            searched = self.searched.to_dict()
        else:
            searched = self.searched

        total = self.total.to_dict()

        window = self.window.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "buckets": buckets,
                "searched": searched,
                "total": total,
                "window": window,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.latency import Latency  # noqa: PLC0415
        from ..models.latency_bucket import LatencyBucket  # noqa: PLC0415
        from ..models.searched_log_type_0 import SearchedLogType0  # noqa: PLC0415

        d = dict(src_dict)
        buckets = []
        _buckets = d.pop("buckets")
        for buckets_item_data in _buckets:
            buckets_item = LatencyBucket.from_dict(buckets_item_data)

            buckets.append(buckets_item)

        def _parse_searched(data: object) -> None | SearchedLogType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_searched_log_type_0 = SearchedLogType0.from_dict(data)

                return componentsschemas_searched_log_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SearchedLogType0, data)

        searched = _parse_searched(d.pop("searched"))

        total = Latency.from_dict(d.pop("total"))

        window = Window(d.pop("window"))

        latency_series = cls(
            buckets=buckets,
            searched=searched,
            total=total,
            window=window,
        )

        latency_series.additional_properties = d
        return latency_series

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
