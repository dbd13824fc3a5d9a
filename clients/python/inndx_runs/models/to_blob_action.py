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

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.to_blob_params import ToBlobParams


T = TypeVar("T", bound="ToBlobAction")


@_attrs_define
class ToBlobAction:
    """Keeps the content as an artifact.

    Attributes:
        kind (Literal['to_blob']):
        params (ToBlobParams | Unset):
    """

    kind: Literal["to_blob"]
    params: ToBlobParams | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind

        params: dict[str, Any] | Unset = UNSET
        if not isinstance(self.params, Unset):
            params = self.params.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
            }
        )
        if params is not UNSET:
            field_dict["params"] = params

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.to_blob_params import ToBlobParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["to_blob"], d.pop("kind"))
        if kind != "to_blob":
            raise ValueError(f"kind must match const 'to_blob', got '{kind}'")

        _params = d.pop("params", UNSET)
        params: ToBlobParams | Unset
        if isinstance(_params, Unset):
            params = UNSET
        else:
            params = ToBlobParams.from_dict(_params)

        to_blob_action = cls(
            kind=kind,
            params=params,
        )

        return to_blob_action
