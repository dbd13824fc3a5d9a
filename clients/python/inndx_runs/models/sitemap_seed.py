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
    from ..models.sitemap_params import SitemapParams


T = TypeVar("T", bound="SitemapSeed")


@_attrs_define
class SitemapSeed:
    """The URLs of sitemaps: those at `url` and `urls`, and those in the `Sitemap` lines of the robots.txt of
    each of `hosts`, which may be on other hosts. If a robots.txt has no such line,
    `/sitemap.xml` of its host is read. At least one of `url`, `urls` and `hosts` is required.
    Sitemaps may be XML, text, RSS or Atom feeds, also compressed with gzip. Sitemap indexes are
    followed. A sitemap that could not be read completely has an entry in the log of the run,
    see `ErrorReason`.

        Attributes:
            kind (Literal['sitemap']):
            params (SitemapParams): At least one of `url`, `urls` and `hosts` is required.
    """

    kind: Literal["sitemap"]
    params: SitemapParams

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
        from ..models.sitemap_params import SitemapParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["sitemap"], d.pop("kind"))
        if kind != "sitemap":
            raise ValueError(f"kind must match const 'sitemap', got '{kind}'")

        params = SitemapParams.from_dict(d.pop("params"))

        sitemap_seed = cls(
            kind=kind,
            params=params,
        )

        return sitemap_seed
