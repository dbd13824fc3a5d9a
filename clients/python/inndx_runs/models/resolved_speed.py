from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ResolvedSpeed")


@_attrs_define
class ResolvedSpeed:
    """The `speed` of a run, with every default filled in.

    Attributes:
        concurrency (int): In total.
        per_host_concurrency (int): From one host, at most `concurrency`. Runs that one process crawls at the same time
            share the host: together they have at most as many fetches in flight as the smallest of their limits.
    """

    concurrency: int
    per_host_concurrency: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        concurrency = self.concurrency

        per_host_concurrency = self.per_host_concurrency

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "concurrency": concurrency,
                "per_host_concurrency": per_host_concurrency,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        concurrency = d.pop("concurrency")

        per_host_concurrency = d.pop("per_host_concurrency")

        resolved_speed = cls(
            concurrency=concurrency,
            per_host_concurrency=per_host_concurrency,
        )

        resolved_speed.additional_properties = d
        return resolved_speed

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
