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

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.robots_txt_params import RobotsTxtParams


T = TypeVar("T", bound="RobotsTxtPolicy")


@_attrs_define
class RobotsTxtPolicy:
    """Obeys robots.txt by RFC 9309, and its `Crawl-delay` up to 5 minutes. Even without this
    policy, `nofollow` is respected, and a 429 or 503 delays the whole host for as long as its
    `Retry-After` says.

        Attributes:
            kind (Literal['robots_txt']):
            params (RobotsTxtParams | Unset):
    """

    kind: Literal["robots_txt"]
    params: RobotsTxtParams | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind

        params: dict[str, Any] | Unset = UNSET
        if not isinstance(self.params, Unset):
            params = self.params.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
            }
        )
        if params is not UNSET:
            field_dict["params"] = params

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.robots_txt_params import RobotsTxtParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["robots_txt"], d.pop("kind"))
        if kind != "robots_txt":
            raise ValueError(f"kind must match const 'robots_txt', got '{kind}'")

        _params = d.pop("params", UNSET)
        params: RobotsTxtParams | Unset
        if isinstance(_params, Unset):
            params = UNSET
        else:
            params = RobotsTxtParams.from_dict(_params)

        robots_txt_policy = cls(
            kind=kind,
            params=params,
        )

        return robots_txt_policy
