from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="StaticListParams")


@_attrs_define
class StaticListParams:
    """
    Attributes:
        urls (list[str]): Absolute http or https URLs of at most 2048 bytes, also after percent-encoding, without user
            name or password. They are parsed as browsers parse links.
    """

    urls: list[str]

    def to_dict(self) -> dict[str, Any]:
        urls = self.urls

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "urls": urls,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        urls = cast(list[str], d.pop("urls"))

        static_list_params = cls(
            urls=urls,
        )

        return static_list_params
