from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.url_pattern_hash import UrlPatternHash
from ..types import UNSET, Unset

T = TypeVar("T", bound="UrlPattern")


@_attrs_define
class UrlPattern:
    """Patterns of the components of a URL, of which at least one besides `hash` is required. Each
    must match the whole component. `*` matches any characters, or none; no other character is
    special. An omitted component matches everything.

        Attributes:
            hash_ (UrlPatternHash | Unset): URLs have no fragments here, so only what matches every fragment is supported.
            hostname (str | Unset): Without a port. An internationalised name in its xn-- form.
            pathname (str | Unset): Percent-encoded, without query or fragment.
            port (str | Unset): The port to connect to, which is 80 or 443 if the URL has none.
            protocol (str | Unset): Matches `http` or `https`, without the colon.
            search (str | Unset): The query, percent-encoded. A question mark at the beginning does not count.
    """

    hash_: UrlPatternHash | Unset = UNSET
    hostname: str | Unset = UNSET
    pathname: str | Unset = UNSET
    port: str | Unset = UNSET
    protocol: str | Unset = UNSET
    search: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        hash_: str | Unset = UNSET
        if not isinstance(self.hash_, Unset):
            hash_ = self.hash_.value

        hostname = self.hostname

        pathname = self.pathname

        port = self.port

        protocol = self.protocol

        search = self.search

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if hash_ is not UNSET:
            field_dict["hash"] = hash_
        if hostname is not UNSET:
            field_dict["hostname"] = hostname
        if pathname is not UNSET:
            field_dict["pathname"] = pathname
        if port is not UNSET:
            field_dict["port"] = port
        if protocol is not UNSET:
            field_dict["protocol"] = protocol
        if search is not UNSET:
            field_dict["search"] = search

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _hash_ = d.pop("hash", UNSET)
        hash_: UrlPatternHash | Unset
        if isinstance(_hash_, Unset):
            hash_ = UNSET
        else:
            hash_ = UrlPatternHash(_hash_)

        hostname = d.pop("hostname", UNSET)

        pathname = d.pop("pathname", UNSET)

        port = d.pop("port", UNSET)

        protocol = d.pop("protocol", UNSET)

        search = d.pop("search", UNSET)

        url_pattern = cls(
            hash_=hash_,
            hostname=hostname,
            pathname=pathname,
            port=port,
            protocol=protocol,
            search=search,
        )

        return url_pattern
