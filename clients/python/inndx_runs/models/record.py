from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="Record")


@_attrs_define
class Record:
    """What the log of a run has beside the outcomes.

    Attributes:
        digests (bool | Unset): Whether outcomes have the SHA-256 of their bodies.
        edges (bool | Unset): Whether it has every link of every page. Otherwise it has the first referrer of each URL.
    """

    digests: bool | Unset = UNSET
    edges: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        digests = self.digests

        edges = self.edges

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if digests is not UNSET:
            field_dict["digests"] = digests
        if edges is not UNSET:
            field_dict["edges"] = edges

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        digests = d.pop("digests", UNSET)

        edges = d.pop("edges", UNSET)

        record = cls(
            digests=digests,
            edges=edges,
        )

        return record
