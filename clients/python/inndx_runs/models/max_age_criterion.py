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
    from ..models.max_age_params import MaxAgeParams


T = TypeVar("T", bound="MaxAgeCriterion")


@_attrs_define
class MaxAgeCriterion:
    """Ends the run `max_age` after its start, excluding time spent paused.

    Attributes:
        kind (Literal['max_age']):
        params (MaxAgeParams):
    """

    kind: Literal["max_age"]
    params: MaxAgeParams

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
        from ..models.max_age_params import MaxAgeParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["max_age"], d.pop("kind"))
        if kind != "max_age":
            raise ValueError(f"kind must match const 'max_age', got '{kind}'")

        params = MaxAgeParams.from_dict(d.pop("params"))

        max_age_criterion = cls(
            kind=kind,
            params=params,
        )

        return max_age_criterion
