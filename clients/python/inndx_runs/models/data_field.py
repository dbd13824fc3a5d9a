from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.data_source import DataSource


T = TypeVar("T", bound="DataField")


@_attrs_define
class DataField:
    """
    Attributes:
        name (str): Unique in the map.
        source (DataSource):
    """

    name: str
    source: DataSource

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        source = self.source.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "source": source,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.data_source import DataSource  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        source = DataSource.from_dict(d.pop("source"))

        data_field = cls(
            name=name,
            source=source,
        )

        return data_field
