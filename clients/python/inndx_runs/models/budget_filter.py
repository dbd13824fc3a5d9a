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
    from ..models.budget_params import BudgetParams


T = TypeVar("T", bound="BudgetFilter")


@_attrs_define
class BudgetFilter:
    """Admits at most `limit` URLs of one host to the crawl.

    Attributes:
        kind (Literal['budget']):
        params (BudgetParams):
    """

    kind: Literal["budget"]
    params: BudgetParams

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
        from ..models.budget_params import BudgetParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["budget"], d.pop("kind"))
        if kind != "budget":
            raise ValueError(f"kind must match const 'budget', got '{kind}'")

        params = BudgetParams.from_dict(d.pop("params"))

        budget_filter = cls(
            kind=kind,
            params=params,
        )

        return budget_filter
