from __future__ import annotations

from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.data_map_params import DataMapParams


T = TypeVar("T", bound="DataMapExtractor")


@_attrs_define
class DataMapExtractor:
    """A JSON object with named fields.

    Attributes:
        kind (Literal['data_map']):
        params (DataMapParams):
    """

    kind: Literal["data_map"]
    params: DataMapParams

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind

        params = self.params.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "params": params,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.data_map_params import DataMapParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["data_map"], d.pop("kind"))
        if kind != "data_map":
            raise ValueError(f"kind must match const 'data_map', got '{kind}'")

        params = DataMapParams.from_dict(d.pop("params"))

        data_map_extractor = cls(
            kind=kind,
            params=params,
        )

        return data_map_extractor
