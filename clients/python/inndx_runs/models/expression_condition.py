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
    from ..models.expression_params import ExpressionParams


T = TypeVar("T", bound="ExpressionCondition")


@_attrs_define
class ExpressionCondition:
    """Holds if the expression is true.

    Attributes:
        kind (Literal['expression']):
        params (ExpressionParams):
    """

    kind: Literal["expression"]
    params: ExpressionParams

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
        from ..models.expression_params import ExpressionParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["expression"], d.pop("kind"))
        if kind != "expression":
            raise ValueError(f"kind must match const 'expression', got '{kind}'")

        params = ExpressionParams.from_dict(d.pop("params"))

        expression_condition = cls(
            kind=kind,
            params=params,
        )

        return expression_condition
