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
    from ..models.max_depth_params import MaxDepthParams


T = TypeVar("T", bound="MaxDepthCriterion")


@_attrs_define
class MaxDepthCriterion:
    """Ends the run when every URL up to `max_depth` links from a seed was processed and a deeper
    URL was seen.

        Attributes:
            kind (Literal['max_depth']):
            params (MaxDepthParams):
    """

    kind: Literal["max_depth"]
    params: MaxDepthParams

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
        from ..models.max_depth_params import MaxDepthParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["max_depth"], d.pop("kind"))
        if kind != "max_depth":
            raise ValueError(f"kind must match const 'max_depth', got '{kind}'")

        params = MaxDepthParams.from_dict(d.pop("params"))

        max_depth_criterion = cls(
            kind=kind,
            params=params,
        )

        return max_depth_criterion
