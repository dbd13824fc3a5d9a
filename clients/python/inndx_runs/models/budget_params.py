from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

T = TypeVar("T", bound="BudgetParams")


@_attrs_define
class BudgetParams:
    """
    Attributes:
        by (Literal['host']):
        limit (int):
    """

    by: Literal["host"]
    limit: int

    def to_dict(self) -> dict[str, Any]:
        by = self.by

        limit = self.limit

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "by": by,
                "limit": limit,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        by = cast(Literal["host"], d.pop("by"))
        if by != "host":
            raise ValueError(f"by must match const 'host', got '{by}'")

        limit = d.pop("limit")

        budget_params = cls(
            by=by,
            limit=limit,
        )

        return budget_params
