from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="XPathResolverParams")


@_attrs_define
class XPathResolverParams:
    """
    Attributes:
        xpaths (list[str]): Expressions for nodes whose values are URLs. Relative ones are resolved as links are.
        max_items (int | Unset): How many URLs of one page it finds at most.
    """

    xpaths: list[str]
    max_items: int | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        xpaths = self.xpaths

        max_items = self.max_items

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "xpaths": xpaths,
            }
        )
        if max_items is not UNSET:
            field_dict["max_items"] = max_items

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        xpaths = cast(list[str], d.pop("xpaths"))

        max_items = d.pop("max_items", UNSET)

        x_path_resolver_params = cls(
            xpaths=xpaths,
            max_items=max_items,
        )

        return x_path_resolver_params
