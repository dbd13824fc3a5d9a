from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="MaxEmptyEvaluationsParams")


@_attrs_define
class MaxEmptyEvaluationsParams:
    """
    Attributes:
        max_empty_evaluations (int):
    """

    max_empty_evaluations: int

    def to_dict(self) -> dict[str, Any]:
        max_empty_evaluations = self.max_empty_evaluations

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "max_empty_evaluations": max_empty_evaluations,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        max_empty_evaluations = d.pop("max_empty_evaluations")

        max_empty_evaluations_params = cls(
            max_empty_evaluations=max_empty_evaluations,
        )

        return max_empty_evaluations_params
