from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define

from ..models.export_format import ExportFormat
from ..types import UNSET, Unset

T = TypeVar("T", bound="ExportInput")


@_attrs_define
class ExportInput:
    """
    Attributes:
        format_ (ExportFormat): What the file of an export is.

            - `ndjson`: The log, a line of JSON for each entry, which is an item of the list of log
              entries.
            - `csv`: The log as CSV (RFC 4180), with the same members as columns, from the first entry
              to the last one. An apostrophe precedes a value that a spreadsheet would take for a
              formula. Characters that are not visible, such as line breaks, terminal controls and those
              that change the direction of text, are written as escapes such as `\\x1b` or `\\u202e`.
              `ndjson` has the exact texts.
            - `warc`: The artifacts as a WARC 1.1 file, compressed (`.warc.gz`).
            - `wacz`: The responses that the run keeps as a WACZ 1.1.1 file, with an index and a list of
              pages, for players such as ReplayWeb.page.
        id (UUID | Unset): A UUID in its canonical form of 36 characters. Responses use lower case.
    """

    format_: ExportFormat
    id: UUID | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        format_ = self.format_.value

        id: str | Unset = UNSET
        if not isinstance(self.id, Unset):
            id = str(self.id)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "format": format_,
            }
        )
        if id is not UNSET:
            field_dict["id"] = id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        format_ = ExportFormat(d.pop("format"))

        _id = d.pop("id", UNSET)
        id: UUID | Unset
        if isinstance(_id, Unset):
            id = UNSET
        else:
            id = UUID(_id)

        export_input = cls(
            format_=format_,
            id=id,
        )

        return export_input
