from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.log_params_level import LogParamsLevel
from ..types import UNSET, Unset

T = TypeVar("T", bound="LogParams")


@_attrs_define
class LogParams:
    """
    Attributes:
        event (str):
        level (LogParamsLevel | Unset):
    """

    event: str
    level: LogParamsLevel | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        event = self.event

        level: str | Unset = UNSET
        if not isinstance(self.level, Unset):
            level = self.level.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "event": event,
            }
        )
        if level is not UNSET:
            field_dict["level"] = level

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        event = d.pop("event")

        _level = d.pop("level", UNSET)
        level: LogParamsLevel | Unset
        if isinstance(_level, Unset):
            level = UNSET
        else:
            level = LogParamsLevel(_level)

        log_params = cls(
            event=event,
            level=level,
        )

        return log_params
