from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RegexPatternsParams")


@_attrs_define
class RegexPatternsParams:
    """
    Attributes:
        allow (list[str] | Unset): RE2 expressions (https://github.com/google/re2/wiki/Syntax) of at most 1000 bytes.
            One
            expression compiles to at most 1600 instructions, all expressions of a configuration to at
            most 50000. The work for one page, instructions times bytes of the URLs, is bounded: see
            `filters_too_slow`.
        default_allow (bool | Unset): What happens to a URL that matches neither list: true passes it, false refuses it.
            If this
            is omitted, the URL is refused if `allow` is not empty, and passes otherwise.
        deny (list[str] | Unset): RE2 expressions (https://github.com/google/re2/wiki/Syntax) of at most 1000 bytes. One
            expression compiles to at most 1600 instructions, all expressions of a configuration to at
            most 50000. The work for one page, instructions times bytes of the URLs, is bounded: see
            `filters_too_slow`.
    """

    allow: list[str] | Unset = UNSET
    default_allow: bool | Unset = UNSET
    deny: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        allow: list[str] | Unset = UNSET
        if not isinstance(self.allow, Unset):
            allow = self.allow

        default_allow = self.default_allow

        deny: list[str] | Unset = UNSET
        if not isinstance(self.deny, Unset):
            deny = self.deny

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
        d = dict(src_dict)
        allow = cast(list[str], d.pop("allow", UNSET))

        default_allow = d.pop("default_allow", UNSET)

        deny = cast(list[str], d.pop("deny", UNSET))

        regex_patterns_params = cls(
            allow=allow,
            default_allow=default_allow,
            deny=deny,
        )

        return regex_patterns_params
