from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="Bearer")


@_attrs_define
class Bearer:
    """A bearer token (RFC 6750).

    Attributes:
        token (Any): A secret: its value, a string of at most 4096 bytes, or a reference to it, an object with
            the name of a secret of the service, such as `{"secret": "staging/password"}`, which is
            better. On AWS it is one of AWS Secrets Manager, below a prefix and the tenant. A run that
            cannot have it makes no request and ends as `unknown`. A name has at most 128 letters, digits, `_`, `.`, `/` and
            `-`. Responses have `***`
            in the place of the value. An update with `***` keeps the value, if the configuration sends
            it to no other host and through no other proxy than before. Otherwise the update is refused
            with the rule `masked`.
        hosts (list[str] | Unset): The hosts that get the credential: a host such as `example.com`, which means the
            default
            ports of http and https, or a host and a port such as `example.com:8443`. If this is
            omitted, these are the hosts of the seeds. A URL with http gets the credential only if a
            seed of its host and port has http, or if the port is named here and is neither 443 nor that
            of a seed with https. No subdomain and no target of a redirect is included.
    """

    token: Any
    hosts: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        token = self.token

        hosts: list[str] | Unset = UNSET
        if not isinstance(self.hosts, Unset):
            hosts = self.hosts

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "token": token,
            }
        )
        if hosts is not UNSET:
            field_dict["hosts"] = hosts

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        token = d.pop("token")

        hosts = cast(list[str], d.pop("hosts", UNSET))

        bearer = cls(
            token=token,
            hosts=hosts,
        )

        return bearer
