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
    from ..models.seed_hosts_params import SeedHostsParams


T = TypeVar("T", bound="SeedHostsFilter")


@_attrs_define
class SeedHostsFilter:
    """Passes URLs on the host of a seed, or on the host that a redirected seed leads to.

    Attributes:
        kind (Literal['seed_hosts']):
        params (SeedHostsParams | Unset): An object without members.
    """

    kind: Literal["seed_hosts"]
    params: SeedHostsParams | Unset = UNSET

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
        from ..models.seed_hosts_params import SeedHostsParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["seed_hosts"], d.pop("kind"))
        if kind != "seed_hosts":
            raise ValueError(f"kind must match const 'seed_hosts', got '{kind}'")

        _params = d.pop("params", UNSET)
        params: SeedHostsParams | Unset
        if isinstance(_params, Unset):
            params = UNSET
        else:
            params = SeedHostsParams.from_dict(_params)

        seed_hosts_filter = cls(
            kind=kind,
            params=params,
        )

        return seed_hosts_filter
