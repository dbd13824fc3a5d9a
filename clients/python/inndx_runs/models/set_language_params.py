from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="SetLanguageParams")


@_attrs_define
class SetLanguageParams:
    """
    Attributes:
        languages (list[list[Any]]): Languages, each a list of its name and its weight, from 0 to 1 with at most 3
            decimal
            places.
    """

    languages: list[list[Any]]

    def to_dict(self) -> dict[str, Any]:
        languages = []
        for languages_item_data in self.languages:
            languages_item = languages_item_data

            languages.append(languages_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "languages": languages,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        languages = []
        _languages = d.pop("languages")
        for languages_item_data in _languages:
            languages_item = cast(list[Any], languages_item_data)

            languages.append(languages_item)

        set_language_params = cls(
            languages=languages,
        )

        return set_language_params
