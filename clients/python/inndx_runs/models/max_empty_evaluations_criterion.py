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
    from ..models.max_empty_evaluations_params import MaxEmptyEvaluationsParams


T = TypeVar("T", bound="MaxEmptyEvaluationsCriterion")


@_attrs_define
class MaxEmptyEvaluationsCriterion:
    """Ends the run when `max_empty_evaluations` evaluations in a row found no URL queued,
    in flight or delayed.

        Attributes:
            kind (Literal['max_empty_evaluations']):
            params (MaxEmptyEvaluationsParams):
    """

    kind: Literal["max_empty_evaluations"]
    params: MaxEmptyEvaluationsParams

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
        from ..models.max_empty_evaluations_params import MaxEmptyEvaluationsParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["max_empty_evaluations"], d.pop("kind"))
        if kind != "max_empty_evaluations":
            raise ValueError(f"kind must match const 'max_empty_evaluations', got '{kind}'")

        params = MaxEmptyEvaluationsParams.from_dict(d.pop("params"))

        max_empty_evaluations_criterion = cls(
            kind=kind,
            params=params,
        )

        return max_empty_evaluations_criterion
