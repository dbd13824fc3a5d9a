from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="SearchedType0")


@_attrs_define
class SearchedType0:
    """How much of the log was read, if the page is short because the request reached its bounds:
    so many parts of all parts that a walk to the last page reads. A part that is read several
    times counts each time. `parts` can fall back if another process of the service continues
    the walk. Null if the page is full or the last one.

        Attributes:
            of (int): The parts that the walk reads in all.
            parts (int): The parts that were read so far.
    """

    of: int
    parts: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        of = self.of

        parts = self.parts

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "of": of,
                "parts": parts,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        of = d.pop("of")

        parts = d.pop("parts")

        searched_type_0 = cls(
            of=of,
            parts=parts,
        )

        searched_type_0.additional_properties = d
        return searched_type_0

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
