from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="Traps")


@_attrs_define
class Traps:
    """Bounds that end the crawl of an endless site, such as a calendar, paths that grow with each
    link, or session ids. A URL that exceeds a bound is excluded. Seeds are never excluded.
    Raise a bound for a site that needs more.

        Attributes:
            max_depth (int | Unset): Links from a seed. Ignored if there is a stopping criterion `max_depth`. The reason is
                `trap_depth`.
            max_host_urls (int | Unset): URLs of one host. The reason is `trap_host`.
            max_path_segments (int | Unset): Segments of a path. The reason is `trap_path`.
            max_repeated_segments (int | Unset): How often a segment may occur in a path. The reason is `trap_path`.
            max_session_variants (int | Unset): URLs that differ only in a session id, such as `PHPSESSID=…` or
                `;jsessionid=…`. The reason is `trap_variants`.
            max_url_variants (int | Unset): URLs that differ only in their query or path parameters (`;a=b`). The reason is
                `trap_variants`.
    """

    max_depth: int | Unset = UNSET
    max_host_urls: int | Unset = UNSET
    max_path_segments: int | Unset = UNSET
    max_repeated_segments: int | Unset = UNSET
    max_session_variants: int | Unset = UNSET
    max_url_variants: int | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        max_depth = self.max_depth

        max_host_urls = self.max_host_urls

        max_path_segments = self.max_path_segments

        max_repeated_segments = self.max_repeated_segments

        max_session_variants = self.max_session_variants

        max_url_variants = self.max_url_variants

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if max_depth is not UNSET:
            field_dict["max_depth"] = max_depth
        if max_host_urls is not UNSET:
            field_dict["max_host_urls"] = max_host_urls
        if max_path_segments is not UNSET:
            field_dict["max_path_segments"] = max_path_segments
        if max_repeated_segments is not UNSET:
            field_dict["max_repeated_segments"] = max_repeated_segments
        if max_session_variants is not UNSET:
            field_dict["max_session_variants"] = max_session_variants
        if max_url_variants is not UNSET:
            field_dict["max_url_variants"] = max_url_variants

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        max_depth = d.pop("max_depth", UNSET)

        max_host_urls = d.pop("max_host_urls", UNSET)

        max_path_segments = d.pop("max_path_segments", UNSET)

        max_repeated_segments = d.pop("max_repeated_segments", UNSET)

        max_session_variants = d.pop("max_session_variants", UNSET)

        max_url_variants = d.pop("max_url_variants", UNSET)

        traps = cls(
            max_depth=max_depth,
            max_host_urls=max_host_urls,
            max_path_segments=max_path_segments,
            max_repeated_segments=max_repeated_segments,
            max_session_variants=max_session_variants,
            max_url_variants=max_url_variants,
        )

        return traps
