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
    from ..models.exclusive_params import ExclusiveParams


T = TypeVar("T", bound="ExclusiveCriterion")


@_attrs_define
class ExclusiveCriterion:
    """Refuses a new run while `limit` runs are unfinished, with 409 and the reason `exclusive`.

    Attributes:
        kind (Literal['exclusive']):
        params (ExclusiveParams | Unset):
    """

    kind: Literal["exclusive"]
    params: ExclusiveParams | Unset = UNSET

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
        from ..models.exclusive_params import ExclusiveParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["exclusive"], d.pop("kind"))
        if kind != "exclusive":
            raise ValueError(f"kind must match const 'exclusive', got '{kind}'")

        _params = d.pop("params", UNSET)
        params: ExclusiveParams | Unset
        if isinstance(_params, Unset):
            params = UNSET
        else:
            params = ExclusiveParams.from_dict(_params)

        exclusive_criterion = cls(
            kind=kind,
            params=params,
        )

        return exclusive_criterion
