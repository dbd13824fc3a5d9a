from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ExpressionParams")


@_attrs_define
class ExpressionParams:
    """
    Attributes:
        expression (str): At most 1000 bytes. A configuration has at most 500 expressions.
    """

    expression: str

    def to_dict(self) -> dict[str, Any]:
        expression = self.expression

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "expression": expression,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        expression = d.pop("expression")

        expression_params = cls(
            expression=expression,
        )

        return expression_params
