from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="SanitizeParams")


@_attrs_define
class SanitizeParams:
    """
    Attributes:
        strip_fragment (bool | Unset): Fragments are removed from every URL, so false is refused.
        strip_query (bool | Unset): Whether queries are removed, also from seeds.
    """

    strip_fragment: bool | Unset = UNSET
    strip_query: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        strip_fragment = self.strip_fragment

        strip_query = self.strip_query

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if strip_fragment is not UNSET:
            field_dict["strip_fragment"] = strip_fragment
        if strip_query is not UNSET:
            field_dict["strip_query"] = strip_query

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        strip_fragment = d.pop("strip_fragment", UNSET)

        strip_query = d.pop("strip_query", UNSET)

        sanitize_params = cls(
            strip_fragment=strip_fragment,
            strip_query=strip_query,
        )

        return sanitize_params
