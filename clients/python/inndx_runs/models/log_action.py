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
    from ..models.log_params import LogParams


T = TypeVar("T", bound="LogAction")


@_attrs_define
class LogAction:
    """Writes a line to the log of the service for each response that passes the steps.

    Attributes:
        kind (Literal['log']):
        params (LogParams):
    """

    kind: Literal["log"]
    params: LogParams

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
        from ..models.log_params import LogParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["log"], d.pop("kind"))
        if kind != "log":
            raise ValueError(f"kind must match const 'log', got '{kind}'")

        params = LogParams.from_dict(d.pop("params"))

        log_action = cls(
            kind=kind,
            params=params,
        )

        return log_action
