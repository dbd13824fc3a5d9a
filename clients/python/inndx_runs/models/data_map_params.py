from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.data_map import DataMap


T = TypeVar("T", bound="DataMapParams")


@_attrs_define
class DataMapParams:
    """
    Attributes:
        map_ (DataMap):
    """

    map_: DataMap

    def to_dict(self) -> dict[str, Any]:
        map_ = self.map_.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "map": map_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.data_map import DataMap  # noqa: PLC0415

        d = dict(src_dict)
        map_ = DataMap.from_dict(d.pop("map"))

        data_map_params = cls(
            map_=map_,
        )

        return data_map_params
