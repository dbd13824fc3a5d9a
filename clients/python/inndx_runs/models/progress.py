from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.wait_reason import WaitReason

T = TypeVar("T", bound="Progress")


@_attrs_define
class Progress:
    """What the run has done. A URL is processed once. A redirect is an outcome of its own, and its
    target is another URL with the same depth.

        Attributes:
            bytes_fetched (int): Bytes of the bodies read.
            depth (int): The greatest depth processed, in links from a seed. Seeds have depth 0.
            urls_excluded (int): URLs refused by filters, robots.txt or bounds, each counted once.
            urls_failed (int): URLs without a response or with a 4xx or 5xx response, after all retries.
            urls_fetched (int): URLs with a 2xx or 3xx response.
            urls_queued (int): URLs known and not yet processed.
            waiting_for (None | WaitReason): Why no worker crawls the run at present although it could be crawled. Null
                otherwise, such
                as while the run is crawled, waits for a host, or is paused. It says nothing about other
                runs.
    """

    bytes_fetched: int
    depth: int
    urls_excluded: int
    urls_failed: int
    urls_fetched: int
    urls_queued: int
    waiting_for: None | WaitReason
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        bytes_fetched = self.bytes_fetched

        depth = self.depth

        urls_excluded = self.urls_excluded

        urls_failed = self.urls_failed

        urls_fetched = self.urls_fetched

        urls_queued = self.urls_queued

        waiting_for: None | str
        if isinstance(self.waiting_for, WaitReason):
            waiting_for = self.waiting_for.value
        else:
            waiting_for = self.waiting_for

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "bytes_fetched": bytes_fetched,
                "depth": depth,
                "urls_excluded": urls_excluded,
                "urls_failed": urls_failed,
                "urls_fetched": urls_fetched,
                "urls_queued": urls_queued,
                "waiting_for": waiting_for,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        bytes_fetched = d.pop("bytes_fetched")

        depth = d.pop("depth")

        urls_excluded = d.pop("urls_excluded")

        urls_failed = d.pop("urls_failed")

        urls_fetched = d.pop("urls_fetched")

        urls_queued = d.pop("urls_queued")

        def _parse_waiting_for(data: object) -> None | WaitReason:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                waiting_for_type_0 = WaitReason(data)

                return waiting_for_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | WaitReason, data)

        waiting_for = _parse_waiting_for(d.pop("waiting_for"))

        progress = cls(
            bytes_fetched=bytes_fetched,
            depth=depth,
            urls_excluded=urls_excluded,
            urls_failed=urls_failed,
            urls_fetched=urls_fetched,
            urls_queued=urls_queued,
            waiting_for=waiting_for,
        )

        progress.additional_properties = d
        return progress

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
