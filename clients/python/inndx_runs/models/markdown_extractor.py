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
    from ..models.markdown_params import MarkdownParams


T = TypeVar("T", bound="MarkdownExtractor")


@_attrs_define
class MarkdownExtractor:
    """The page as Markdown.

    Attributes:
        kind (Literal['markdown']):
        params (MarkdownParams | Unset):
    """

    kind: Literal["markdown"]
    params: MarkdownParams | Unset = UNSET

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
        from ..models.markdown_params import MarkdownParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["markdown"], d.pop("kind"))
        if kind != "markdown":
            raise ValueError(f"kind must match const 'markdown', got '{kind}'")

        _params = d.pop("params", UNSET)
        params: MarkdownParams | Unset
        if isinstance(_params, Unset):
            params = UNSET
        else:
            params = MarkdownParams.from_dict(_params)

        markdown_extractor = cls(
            kind=kind,
            params=params,
        )

        return markdown_extractor
