from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="DataSourceParams")


@_attrs_define
class DataSourceParams:
    """
    Attributes:
        expressions (list[str]): They are tried in order until one matches.
        all_ (bool | Unset): Whether the value is the list of all matches instead of the first one.
    """

    expressions: list[str]
    all_: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        expressions = self.expressions

        all_ = self.all_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "expressions": expressions,
            }
        )
        if all_ is not UNSET:
            field_dict["all"] = all_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        expressions = cast(list[str], d.pop("expressions"))

        all_ = d.pop("all", UNSET)

        data_source_params = cls(
            expressions=expressions,
            all_=all_,
        )

        return data_source_params
