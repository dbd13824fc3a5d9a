from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.url_pattern import UrlPattern


T = TypeVar("T", bound="UrlPatternsParams")


@_attrs_define
class UrlPatternsParams:
    """
    Attributes:
        allow (list[UrlPattern] | Unset):
        default_allow (bool | Unset): What happens to a URL that matches neither list: true passes it, false refuses it.
            If this
            is omitted, the URL is refused if `allow` is not empty, and passes otherwise.
        deny (list[UrlPattern] | Unset):
    """

    allow: list[UrlPattern] | Unset = UNSET
    default_allow: bool | Unset = UNSET
    deny: list[UrlPattern] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        allow: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.allow, Unset):
            allow = []
            for componentsschemas_url_pattern_list_item_data in self.allow:
                componentsschemas_url_pattern_list_item = (
                    componentsschemas_url_pattern_list_item_data.to_dict()
                )
                allow.append(componentsschemas_url_pattern_list_item)

        default_allow = self.default_allow

        deny: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.deny, Unset):
            deny = []
            for componentsschemas_url_pattern_list_item_data in self.deny:
                componentsschemas_url_pattern_list_item = (
                    componentsschemas_url_pattern_list_item_data.to_dict()
                )
                deny.append(componentsschemas_url_pattern_list_item)

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if allow is not UNSET:
            field_dict["allow"] = allow
        if default_allow is not UNSET:
            field_dict["default_allow"] = default_allow
        if deny is not UNSET:
            field_dict["deny"] = deny

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.url_pattern import UrlPattern  # noqa: PLC0415

        d = dict(src_dict)
        _allow = d.pop("allow", UNSET)
        allow: list[UrlPattern] | Unset = UNSET
        if _allow is not UNSET:
            allow = []
            for componentsschemas_url_pattern_list_item_data in _allow:
                componentsschemas_url_pattern_list_item = UrlPattern.from_dict(
                    componentsschemas_url_pattern_list_item_data
                )

                allow.append(componentsschemas_url_pattern_list_item)

        default_allow = d.pop("default_allow", UNSET)

        _deny = d.pop("deny", UNSET)
        deny: list[UrlPattern] | Unset = UNSET
        if _deny is not UNSET:
            deny = []
            for componentsschemas_url_pattern_list_item_data in _deny:
                componentsschemas_url_pattern_list_item = UrlPattern.from_dict(
                    componentsschemas_url_pattern_list_item_data
                )

                deny.append(componentsschemas_url_pattern_list_item)

        url_patterns_params = cls(
            allow=allow,
            default_allow=default_allow,
            deny=deny,
        )

        return url_patterns_params
