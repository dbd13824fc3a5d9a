from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.latency import Latency
    from ..models.responses import Responses


T = TypeVar("T", bound="OtherHostsType0")


@_attrs_define
class OtherHostsType0:
    """The numbers of the hosts beyond the first 10,000 together. Null if there are no such hosts.

    Attributes:
        bytes_fetched (int): Bytes of the bodies read.
        latency (Latency): How long responses took, in milliseconds. Quantiles of 32 ms or more are within 3.2 %. They
            are null if `count` is 0.
        responses (Responses): The URLs that were fetched or failed, by the class of the HTTP status.
        urls_excluded (int): URLs refused by filters, robots.txt or bounds.
        urls_failed (int): URLs without a response or with a 4xx or 5xx response, after all retries.
        urls_fetched (int): URLs with a 2xx or 3xx response.
    """

    bytes_fetched: int
    latency: Latency
    responses: Responses
    urls_excluded: int
    urls_failed: int
    urls_fetched: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        bytes_fetched = self.bytes_fetched

        latency = self.latency.to_dict()

        responses = self.responses.to_dict()

        urls_excluded = self.urls_excluded

        urls_failed = self.urls_failed

        urls_fetched = self.urls_fetched

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "bytes_fetched": bytes_fetched,
                "latency": latency,
                "responses": responses,
                "urls_excluded": urls_excluded,
                "urls_failed": urls_failed,
                "urls_fetched": urls_fetched,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.latency import Latency  # noqa: PLC0415
        from ..models.responses import Responses  # noqa: PLC0415

        d = dict(src_dict)
        bytes_fetched = d.pop("bytes_fetched")

        latency = Latency.from_dict(d.pop("latency"))

        responses = Responses.from_dict(d.pop("responses"))

        urls_excluded = d.pop("urls_excluded")

        urls_failed = d.pop("urls_failed")

        urls_fetched = d.pop("urls_fetched")

        other_hosts_type_0 = cls(
            bytes_fetched=bytes_fetched,
            latency=latency,
            responses=responses,
            urls_excluded=urls_excluded,
            urls_failed=urls_failed,
            urls_fetched=urls_fetched,
        )

        other_hosts_type_0.additional_properties = d
        return other_hosts_type_0

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
