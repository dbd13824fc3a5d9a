from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.exclusive_params_by import ExclusiveParamsBy
from ..types import UNSET, Unset

T = TypeVar("T", bound="ExclusiveParams")


@_attrs_define
class ExclusiveParams:
    """
    Attributes:
        by (ExclusiveParamsBy | Unset): Which unfinished runs count: all of the tenant, those of the job, or those of
            the tenant
            with exactly the same labels. Runs without labels have the same labels. A run whose own
            configuration does not have this criterion counts too, but it does not wait for others.
        limit (int | Unset):
    """

    by: ExclusiveParamsBy | Unset = UNSET
    limit: int | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        by: str | Unset = UNSET
        if not isinstance(self.by, Unset):
            by = self.by.value

        limit = self.limit

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if by is not UNSET:
            field_dict["by"] = by
        if limit is not UNSET:
            field_dict["limit"] = limit

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _by = d.pop("by", UNSET)
        by: ExclusiveParamsBy | Unset
        if isinstance(_by, Unset):
            by = UNSET
        else:
            by = ExclusiveParamsBy(_by)

        limit = d.pop("limit", UNSET)

        exclusive_params = cls(
            by=by,
            limit=limit,
        )

        return exclusive_params
