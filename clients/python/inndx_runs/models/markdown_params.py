from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="MarkdownParams")


@_attrs_define
class MarkdownParams:
    """
    Attributes:
        content_xpath (str | Unset): At most 1000 bytes. A configuration has at most 500 expressions.
        skip_tags (list[str] | Unset): The names of elements that are left out, besides `script`, `style`, `noscript`,
            `iframe`, `template`, `head`, `svg`, `canvas`, `object`, `embed`, `form`, `button`,
            `input`, `textarea`, `select`, `label`, `option` and `dialog`.
    """

    content_xpath: str | Unset = UNSET
    skip_tags: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        content_xpath = self.content_xpath

        skip_tags: list[str] | Unset = UNSET
        if not isinstance(self.skip_tags, Unset):
            skip_tags = self.skip_tags

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if content_xpath is not UNSET:
            field_dict["content_xpath"] = content_xpath
        if skip_tags is not UNSET:
            field_dict["skip_tags"] = skip_tags

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        content_xpath = d.pop("content_xpath", UNSET)

        skip_tags = cast(list[str], d.pop("skip_tags", UNSET))

        markdown_params = cls(
            content_xpath=content_xpath,
            skip_tags=skip_tags,
        )

        return markdown_params
