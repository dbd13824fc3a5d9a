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
    from ..models.sanitize_params import SanitizeParams


T = TypeVar("T", bound="SanitizeMutator")


@_attrs_define
class SanitizeMutator:
    """Removes parts of URLs.

    Attributes:
        kind (Literal['sanitize']):
        params (SanitizeParams | Unset):
    """

    kind: Literal["sanitize"]
    params: SanitizeParams | Unset = UNSET

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
        from ..models.sanitize_params import SanitizeParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["sanitize"], d.pop("kind"))
        if kind != "sanitize":
            raise ValueError(f"kind must match const 'sanitize', got '{kind}'")

        _params = d.pop("params", UNSET)
        params: SanitizeParams | Unset
        if isinstance(_params, Unset):
            params = UNSET
        else:
            params = SanitizeParams.from_dict(_params)

        sanitize_mutator = cls(
            kind=kind,
            params=params,
        )

        return sanitize_mutator
