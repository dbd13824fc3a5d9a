from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="Speed")


@_attrs_define
class Speed:
    """How many fetches of a run may be in flight.

    Attributes:
        concurrency (int | Unset): In total.
        per_host_concurrency (int | Unset): From one host, at most `concurrency`. Runs that one process crawls at the
            same time share the host: together they have at most as many fetches in flight as the smallest of their limits.
    """

    concurrency: int | Unset = UNSET
    per_host_concurrency: int | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        concurrency = self.concurrency

        per_host_concurrency = self.per_host_concurrency

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if concurrency is not UNSET:
            field_dict["concurrency"] = concurrency
        if per_host_concurrency is not UNSET:
            field_dict["per_host_concurrency"] = per_host_concurrency

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        concurrency = d.pop("concurrency", UNSET)

        per_host_concurrency = d.pop("per_host_concurrency", UNSET)

        speed = cls(
            concurrency=concurrency,
            per_host_concurrency=per_host_concurrency,
        )

        return speed
