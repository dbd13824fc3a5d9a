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
    from ..models.static_list_params import StaticListParams


T = TypeVar("T", bound="StaticListSeed")


@_attrs_define
class StaticListSeed:
    """A list of URLs.

    Attributes:
        kind (Literal['static_list']):
        params (StaticListParams):
    """

    kind: Literal["static_list"]
    params: StaticListParams

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
        from ..models.static_list_params import StaticListParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["static_list"], d.pop("kind"))
        if kind != "static_list":
            raise ValueError(f"kind must match const 'static_list', got '{kind}'")

        params = StaticListParams.from_dict(d.pop("params"))

        static_list_seed = cls(
            kind=kind,
            params=params,
        )

        return static_list_seed
