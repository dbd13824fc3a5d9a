from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="SitemapParams")


@_attrs_define
class SitemapParams:
    """At least one of `url`, `urls` and `hosts` is required.

    Attributes:
        concurrency (int | Unset): How many sitemaps may be in flight at a time. Those of one host are spaced and
            limited
            as its pages are.
        hosts (list[str] | Unset): Hosts such as `example.com` or `example.com:8443`, which imply https, and origins
            such as
            `http://example.com:8080`.
        limit (int | Unset): The maximum number of URLs to take from all sitemaps of the seed.
        url (str | Unset): See `UrlList`.
        urls (list[str] | Unset): Absolute http or https URLs of at most 2048 bytes, also after percent-encoding,
            without user
            name or password. They are parsed as browsers parse links.
    """

    concurrency: int | Unset = UNSET
    hosts: list[str] | Unset = UNSET
    limit: int | Unset = UNSET
    url: str | Unset = UNSET
    urls: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        concurrency = self.concurrency

        hosts: list[str] | Unset = UNSET
        if not isinstance(self.hosts, Unset):
            hosts = self.hosts

        limit = self.limit

        url = self.url

        urls: list[str] | Unset = UNSET
        if not isinstance(self.urls, Unset):
            urls = self.urls

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if concurrency is not UNSET:
            field_dict["concurrency"] = concurrency
        if hosts is not UNSET:
            field_dict["hosts"] = hosts
        if limit is not UNSET:
            field_dict["limit"] = limit
        if url is not UNSET:
            field_dict["url"] = url
        if urls is not UNSET:
            field_dict["urls"] = urls

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        concurrency = d.pop("concurrency", UNSET)

        hosts = cast(list[str], d.pop("hosts", UNSET))

        limit = d.pop("limit", UNSET)

        url = d.pop("url", UNSET)

        urls = cast(list[str], d.pop("urls", UNSET))

        sitemap_params = cls(
            concurrency=concurrency,
            hosts=hosts,
            limit=limit,
            url=url,
            urls=urls,
        )

        return sitemap_params
