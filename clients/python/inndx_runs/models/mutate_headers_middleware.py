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
    from ..models.mutate_headers_params import MutateHeadersParams


T = TypeVar("T", bound="MutateHeadersMiddleware")


@_attrs_define
class MutateHeadersMiddleware:
    """Sets headers of requests or of responses. It is not for credentials: its values are shown in
    responses, and every host gets them.

        Attributes:
            kind (Literal['mutate_headers']):
            params (MutateHeadersParams):
    """

    kind: Literal["mutate_headers"]
    params: MutateHeadersParams

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
        from ..models.mutate_headers_params import MutateHeadersParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["mutate_headers"], d.pop("kind"))
        if kind != "mutate_headers":
            raise ValueError(f"kind must match const 'mutate_headers', got '{kind}'")

        params = MutateHeadersParams.from_dict(d.pop("params"))

        mutate_headers_middleware = cls(
            kind=kind,
            params=params,
        )

        return mutate_headers_middleware
