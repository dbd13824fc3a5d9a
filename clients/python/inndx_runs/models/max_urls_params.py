from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="MaxUrlsParams")


@_attrs_define
class MaxUrlsParams:
    """
    Attributes:
        max_urls (int):
    """

    max_urls: int

    def to_dict(self) -> dict[str, Any]:
        max_urls = self.max_urls

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "max_urls": max_urls,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        max_urls = d.pop("max_urls")

        max_urls_params = cls(
            max_urls=max_urls,
        )

        return max_urls_params
