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
    from ..models.max_urls_params import MaxUrlsParams


T = TypeVar("T", bound="MaxUrlsCriterion")


@_attrs_define
class MaxUrlsCriterion:
    """Ends the run when exactly `max_urls` URLs were processed: fetched or failed.

    Attributes:
        kind (Literal['max_urls']):
        params (MaxUrlsParams):
    """

    kind: Literal["max_urls"]
    params: MaxUrlsParams

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
        from ..models.max_urls_params import MaxUrlsParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["max_urls"], d.pop("kind"))
        if kind != "max_urls":
            raise ValueError(f"kind must match const 'max_urls', got '{kind}'")

        params = MaxUrlsParams.from_dict(d.pop("params"))

        max_urls_criterion = cls(
            kind=kind,
            params=params,
        )

        return max_urls_criterion
