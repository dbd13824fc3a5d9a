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

from ..models.data_source_kind import DataSourceKind

if TYPE_CHECKING:
    from ..models.data_source_params import DataSourceParams


T = TypeVar("T", bound="DataSource")


@_attrs_define
class DataSource:
    """
    Attributes:
        kind (DataSourceKind): An XPath 1.0 expression or a CSS selector. The value of an element is its text without
            surrounding white space.
        params (DataSourceParams):
        type_ (Literal['extractor']):
    """

    kind: DataSourceKind
    params: DataSourceParams
    type_: Literal["extractor"]

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        params = self.params.to_dict()

        type_ = self.type_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "params": params,
                "type": type_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.data_source_params import DataSourceParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = DataSourceKind(d.pop("kind"))

        params = DataSourceParams.from_dict(d.pop("params"))

        type_ = cast(Literal["extractor"], d.pop("type"))
        if type_ != "extractor":
            raise ValueError(f"type must match const 'extractor', got '{type_}'")

        data_source = cls(
            kind=kind,
            params=params,
            type_=type_,
        )

        return data_source
