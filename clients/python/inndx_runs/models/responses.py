from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Responses")


@_attrs_define
class Responses:
    """The URLs that were fetched or failed, by the class of the HTTP status.

    Attributes:
        field_2xx (int): Success.
        field_3xx (int): Redirects.
        field_4xx (int): Errors of the client.
        field_5xx (int): Errors of the server.
        none (int): No response.
        other (int): Another status.
    """

    field_2xx: int
    field_3xx: int
    field_4xx: int
    field_5xx: int
    none: int
    other: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        field_2xx = self.field_2xx

        field_3xx = self.field_3xx

        field_4xx = self.field_4xx

        field_5xx = self.field_5xx

        none = self.none

        other = self.other

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "2xx": field_2xx,
                "3xx": field_3xx,
                "4xx": field_4xx,
                "5xx": field_5xx,
                "none": none,
                "other": other,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        field_2xx = d.pop("2xx")

        field_3xx = d.pop("3xx")

        field_4xx = d.pop("4xx")

        field_5xx = d.pop("5xx")

        none = d.pop("none")

        other = d.pop("other")

        responses = cls(
            field_2xx=field_2xx,
            field_3xx=field_3xx,
            field_4xx=field_4xx,
            field_5xx=field_5xx,
            none=none,
            other=other,
        )

        responses.additional_properties = d
        return responses

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
