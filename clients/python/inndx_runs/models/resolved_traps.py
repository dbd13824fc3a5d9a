from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ResolvedTraps")


@_attrs_define
class ResolvedTraps:
    """The `traps` of a run, with every default filled in.

    Attributes:
        max_depth (int): Links from a seed. Ignored if there is a stopping criterion `max_depth`. The reason is
            `trap_depth`.
        max_host_urls (int): URLs of one host. The reason is `trap_host`.
        max_path_segments (int): Segments of a path. The reason is `trap_path`.
        max_repeated_segments (int): How often a segment may occur in a path. The reason is `trap_path`.
        max_session_variants (int): URLs that differ only in a session id, such as `PHPSESSID=…` or `;jsessionid=…`. The
            reason is `trap_variants`.
        max_url_variants (int): URLs that differ only in their query or path parameters (`;a=b`). The reason is
            `trap_variants`.
    """

    max_depth: int
    max_host_urls: int
    max_path_segments: int
    max_repeated_segments: int
    max_session_variants: int
    max_url_variants: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        max_depth = self.max_depth

        max_host_urls = self.max_host_urls

        max_path_segments = self.max_path_segments

        max_repeated_segments = self.max_repeated_segments

        max_session_variants = self.max_session_variants

        max_url_variants = self.max_url_variants

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "max_depth": max_depth,
                "max_host_urls": max_host_urls,
                "max_path_segments": max_path_segments,
                "max_repeated_segments": max_repeated_segments,
                "max_session_variants": max_session_variants,
                "max_url_variants": max_url_variants,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        max_depth = d.pop("max_depth")

        max_host_urls = d.pop("max_host_urls")

        max_path_segments = d.pop("max_path_segments")

        max_repeated_segments = d.pop("max_repeated_segments")

        max_session_variants = d.pop("max_session_variants")

        max_url_variants = d.pop("max_url_variants")

        resolved_traps = cls(
            max_depth=max_depth,
            max_host_urls=max_host_urls,
            max_path_segments=max_path_segments,
            max_repeated_segments=max_repeated_segments,
            max_session_variants=max_session_variants,
            max_url_variants=max_url_variants,
        )

        resolved_traps.additional_properties = d
        return resolved_traps

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
