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
    from ..models.url_patterns_params import UrlPatternsParams


T = TypeVar("T", bound="UrlPatternsFilter")


@_attrs_define
class UrlPatternsFilter:
    """Passes or refuses URLs by patterns of their components.

    Attributes:
        kind (Literal['url_patterns']):
        params (UrlPatternsParams | Unset):
    """

    kind: Literal["url_patterns"]
    params: UrlPatternsParams | Unset = UNSET

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
        from ..models.url_patterns_params import UrlPatternsParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["url_patterns"], d.pop("kind"))
        if kind != "url_patterns":
            raise ValueError(f"kind must match const 'url_patterns', got '{kind}'")

        _params = d.pop("params", UNSET)
        params: UrlPatternsParams | Unset
        if isinstance(_params, Unset):
            params = UNSET
        else:
            params = UrlPatternsParams.from_dict(_params)

        url_patterns_filter = cls(
            kind=kind,
            params=params,
        )

        return url_patterns_filter
