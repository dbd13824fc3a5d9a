from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="MaxAgeParams")


@_attrs_define
class MaxAgeParams:
    """
    Attributes:
        max_age (str): A duration such as `30s`, `1m30s` or `6h`: numbers with the units `h`, `m`, `s`, `ms`, `us`
            or `ns`. Responses use the shortest form: `6h`, not `6h0m0s`.
    """

    max_age: str

    def to_dict(self) -> dict[str, Any]:
        max_age = self.max_age

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "max_age": max_age,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        max_age = d.pop("max_age")

        max_age_params = cls(
            max_age=max_age,
        )

        return max_age_params
