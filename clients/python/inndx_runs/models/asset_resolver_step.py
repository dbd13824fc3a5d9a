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
    from ..models.asset_resolver_params import AssetResolverParams


T = TypeVar("T", bound="AssetResolverStep")


@_attrs_define
class AssetResolverStep:
    """Finds assets of a page, such as its images, by expressions. They are requested as URLs of
    their own, also on other hosts and if no `allow` pattern of a filter matches, and nothing
    follows from them except redirects. With `include_assets` they are fetched with GET and kept. Otherwise they
    are checked as `external: check` describes.

    A URL that had its outcome before the run knew that it is to be kept is requested once more.
    Until then it counts in `urls_queued` as well. Then the log has a second entry for it. The
    other counters and the list of links have the first.

        Attributes:
            kind (Literal['asset_resolver']):
            params (AssetResolverParams):
    """

    kind: Literal["asset_resolver"]
    params: AssetResolverParams

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
        from ..models.asset_resolver_params import AssetResolverParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["asset_resolver"], d.pop("kind"))
        if kind != "asset_resolver":
            raise ValueError(f"kind must match const 'asset_resolver', got '{kind}'")

        params = AssetResolverParams.from_dict(d.pop("params"))

        asset_resolver_step = cls(
            kind=kind,
            params=params,
        )

        return asset_resolver_step
