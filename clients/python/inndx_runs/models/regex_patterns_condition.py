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
    from ..models.regex_patterns_params import RegexPatternsParams


T = TypeVar("T", bound="RegexPatternsCondition")


@_attrs_define
class RegexPatternsCondition:
    """Holds if the URL passes the filter `regex_patterns`.

    Attributes:
        kind (Literal['regex_patterns']):
        params (RegexPatternsParams | Unset):
    """

    kind: Literal["regex_patterns"]
    params: RegexPatternsParams | Unset = UNSET

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
        from ..models.regex_patterns_params import RegexPatternsParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["regex_patterns"], d.pop("kind"))
        if kind != "regex_patterns":
            raise ValueError(f"kind must match const 'regex_patterns', got '{kind}'")

        _params = d.pop("params", UNSET)
        params: RegexPatternsParams | Unset
        if isinstance(_params, Unset):
            params = UNSET
        else:
            params = RegexPatternsParams.from_dict(_params)

        regex_patterns_condition = cls(
            kind=kind,
            params=params,
        )

        return regex_patterns_condition
