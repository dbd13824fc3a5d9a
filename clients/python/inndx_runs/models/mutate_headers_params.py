from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.mutate_headers_params_on import MutateHeadersParamsOn

T = TypeVar("T", bound="MutateHeadersParams")


@_attrs_define
class MutateHeadersParams:
    """
    Attributes:
        headers (list[list[str]]): Headers, each a list of its name and its value. A name occurs once. The headers that
            `RequestHeaders` refuses, `Authorization` and `Set-Cookie` are refused.
        on (MutateHeadersParamsOn):
    """

    headers: list[list[str]]
    on: MutateHeadersParamsOn

    def to_dict(self) -> dict[str, Any]:
        headers = []
        for headers_item_data in self.headers:
            headers_item = headers_item_data

            headers.append(headers_item)

        on = self.on.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "headers": headers,
                "on": on,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        headers = []
        _headers = d.pop("headers")
        for headers_item_data in _headers:
            headers_item = cast(list[str], headers_item_data)

            headers.append(headers_item)

        on = MutateHeadersParamsOn(d.pop("on"))

        mutate_headers_params = cls(
            headers=headers,
            on=on,
        )

        return mutate_headers_params
