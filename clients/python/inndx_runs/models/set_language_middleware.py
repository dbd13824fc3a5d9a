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
    from ..models.set_language_params import SetLanguageParams


T = TypeVar("T", bound="SetLanguageMiddleware")


@_attrs_define
class SetLanguageMiddleware:
    """Sets the header `Accept-Language` of requests.

    Attributes:
        kind (Literal['set_language']):
        params (SetLanguageParams):
    """

    kind: Literal["set_language"]
    params: SetLanguageParams

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
        from ..models.set_language_params import SetLanguageParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["set_language"], d.pop("kind"))
        if kind != "set_language":
            raise ValueError(f"kind must match const 'set_language', got '{kind}'")

        params = SetLanguageParams.from_dict(d.pop("params"))

        set_language_middleware = cls(
            kind=kind,
            params=params,
        )

        return set_language_middleware
