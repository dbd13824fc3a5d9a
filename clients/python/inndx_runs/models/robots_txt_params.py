from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RobotsTxtParams")


@_attrs_define
class RobotsTxtParams:
    """
    Attributes:
        default_delay (Any | Unset): The delay between two fetches from a host without a Crawl-delay, from 0s to 1h. A
            list
            of two durations means that each delay is drawn at random between them. Between two runs
            that one process crawls, the smaller delay applies, and of a range its least one.
    """

    default_delay: Any | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        default_delay = self.default_delay

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if default_delay is not UNSET:
            field_dict["default_delay"] = default_delay

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        default_delay = d.pop("default_delay", UNSET)

        robots_txt_params = cls(
            default_delay=default_delay,
        )

        return robots_txt_params
