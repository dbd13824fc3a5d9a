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
    from ..models.data_map_extractor import DataMapExtractor
    from ..models.markdown_extractor import MarkdownExtractor
    from ..models.other_kind import OtherKind
    from ..models.raw_extractor import RawExtractor
    from ..models.text_extractor import TextExtractor


T = TypeVar("T", bound="ExtractorStep")


@_attrs_define
class ExtractorStep:
    """Makes content of a response.

    Attributes:
        kind (Literal['extractor']):
        params (DataMapExtractor | MarkdownExtractor | OtherKind | RawExtractor | TextExtractor):
    """

    kind: Literal["extractor"]
    params: DataMapExtractor | MarkdownExtractor | OtherKind | RawExtractor | TextExtractor

    def to_dict(self) -> dict[str, Any]:
        from ..models.data_map_extractor import DataMapExtractor  # noqa: PLC0415
        from ..models.markdown_extractor import MarkdownExtractor  # noqa: PLC0415
        from ..models.raw_extractor import RawExtractor  # noqa: PLC0415
        from ..models.text_extractor import TextExtractor  # noqa: PLC0415

        kind = self.kind

        params: dict[str, Any]
        if isinstance(self.params, RawExtractor):
            params = self.params.to_dict()
        elif isinstance(self.params, MarkdownExtractor):
            params = self.params.to_dict()
        elif isinstance(self.params, DataMapExtractor):
            params = self.params.to_dict()
        elif isinstance(self.params, TextExtractor):
            params = self.params.to_dict()
        else:
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
        from ..models.data_map_extractor import DataMapExtractor  # noqa: PLC0415
        from ..models.markdown_extractor import MarkdownExtractor  # noqa: PLC0415
        from ..models.other_kind import OtherKind  # noqa: PLC0415
        from ..models.raw_extractor import RawExtractor  # noqa: PLC0415
        from ..models.text_extractor import TextExtractor  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["extractor"], d.pop("kind"))
        if kind != "extractor":
            raise ValueError(f"kind must match const 'extractor', got '{kind}'")

        def _parse_params(
            data: object,
        ) -> DataMapExtractor | MarkdownExtractor | OtherKind | RawExtractor | TextExtractor:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_extractor_type_0 = RawExtractor.from_dict(data)

                return componentsschemas_extractor_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_extractor_type_1 = MarkdownExtractor.from_dict(data)

                return componentsschemas_extractor_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_extractor_type_2 = DataMapExtractor.from_dict(data)

                return componentsschemas_extractor_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_extractor_type_3 = TextExtractor.from_dict(data)

                return componentsschemas_extractor_type_3
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_extractor_type_4 = OtherKind.from_dict(data)

            return componentsschemas_extractor_type_4

        params = _parse_params(d.pop("params"))

        extractor_step = cls(
            kind=kind,
            params=params,
        )

        return extractor_step
