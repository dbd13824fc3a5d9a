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
    from ..models.x_path_resolver_params import XPathResolverParams


T = TypeVar("T", bound="XPathResolver")


@_attrs_define
class XPathResolver:
    """Finds the URLs of assets by XPath expressions.

    Attributes:
        kind (Literal['xpath']):
        params (XPathResolverParams):
    """

    kind: Literal["xpath"]
    params: XPathResolverParams

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
        from ..models.x_path_resolver_params import XPathResolverParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["xpath"], d.pop("kind"))
        if kind != "xpath":
            raise ValueError(f"kind must match const 'xpath', got '{kind}'")

        params = XPathResolverParams.from_dict(d.pop("params"))

        x_path_resolver = cls(
            kind=kind,
            params=params,
        )

        return x_path_resolver
