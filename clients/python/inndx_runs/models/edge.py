from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.edge_kind import EdgeKind

T = TypeVar("T", bound="Edge")


@_attrs_define
class Edge:
    """A link or a redirect from one URL to another.

    Attributes:
        from_ (str): The URL of the page or of the redirect.
        from_hash (str): The first half of the SHA-256 of a URL, in hexadecimal digits.
        kind (EdgeKind): How a URL leads to another one.
        to (str): The URL to which it leads.
        to_hash (str): The first half of the SHA-256 of a URL, in hexadecimal digits.
    """

    from_: str
    from_hash: str
    kind: EdgeKind
    to: str
    to_hash: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from_ = self.from_

        from_hash = self.from_hash

        kind = self.kind.value

        to = self.to

        to_hash = self.to_hash

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "from": from_,
                "from_hash": from_hash,
                "kind": kind,
                "to": to,
                "to_hash": to_hash,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        from_ = d.pop("from")

        from_hash = d.pop("from_hash")

        kind = EdgeKind(d.pop("kind"))

        to = d.pop("to")

        to_hash = d.pop("to_hash")

        edge = cls(
            from_=from_,
            from_hash=from_hash,
            kind=kind,
            to=to,
            to_hash=to_hash,
        )

        edge.additional_properties = d
        return edge

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
