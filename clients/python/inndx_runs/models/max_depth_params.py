from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="MaxDepthParams")


@_attrs_define
class MaxDepthParams:
    """
    Attributes:
        max_depth (int): In links from a seed. Seeds have depth 0.
    """

    max_depth: int

    def to_dict(self) -> dict[str, Any]:
        max_depth = self.max_depth

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "max_depth": max_depth,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        max_depth = d.pop("max_depth")

        max_depth_params = cls(
            max_depth=max_depth,
        )

        return max_depth_params
