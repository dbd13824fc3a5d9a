from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.export_format import ExportFormat
from ..models.export_state import ExportState

if TYPE_CHECKING:
    from ..models.export_progress import ExportProgress


T = TypeVar("T", bound="Export")


@_attrs_define
class Export:
    """A file of what a run had recorded when the export was created.

    Attributes:
        created_at (datetime.datetime): RFC 3339 in UTC with microseconds.
        download_url (None | str): The path of the file, with the stage or the mapping of the API. Null until it is
            finished.
        entries (int): The entries of the log, or the artifacts, that are in the file so far.
        error (None | str): Why the export failed, for people.
        finished_at (datetime.datetime | None): RFC 3339 in UTC with microseconds. Null if the event has not happened.
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
        id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        job_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        progress (ExportProgress): How far the making of the file has come.
        run_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        size (int | None): The bytes of the file. Null until it is finished.
        started_at (datetime.datetime | None): RFC 3339 in UTC with microseconds. Null if the event has not happened.
        state (ExportState): - `pending`: Not started yet.
            - `running`: Being made.
            - `finished`: The file can be downloaded.
            - `failed`: The file will not be made. `error` says why.
    """

    created_at: datetime.datetime
    download_url: None | str
    entries: int
    error: None | str
    finished_at: datetime.datetime | None
    format_: ExportFormat
    id: UUID
    job_id: UUID
    progress: ExportProgress
    run_id: UUID
    size: int | None
    started_at: datetime.datetime | None
    state: ExportState
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at.isoformat()

        download_url: None | str
        download_url = self.download_url

        entries = self.entries

        error: None | str
        error = self.error

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        format_ = self.format_.value

        id = str(self.id)

        job_id = str(self.job_id)

        progress = self.progress.to_dict()

        run_id = str(self.run_id)

        size: int | None
        size = self.size

        started_at: None | str
        if isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        state = self.state.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "download_url": download_url,
                "entries": entries,
                "error": error,
                "finished_at": finished_at,
                "format": format_,
                "id": id,
                "job_id": job_id,
                "progress": progress,
                "run_id": run_id,
                "size": size,
                "started_at": started_at,
                "state": state,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.export_progress import ExportProgress  # noqa: PLC0415

        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_download_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        download_url = _parse_download_url(d.pop("download_url"))

        entries = d.pop("entries")

        def _parse_error(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        error = _parse_error(d.pop("error"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                componentsschemas_maybe_timestamp_type_0 = datetime.datetime.fromisoformat(data)

                return componentsschemas_maybe_timestamp_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))

        format_ = ExportFormat(d.pop("format"))

        id = UUID(d.pop("id"))

        job_id = UUID(d.pop("job_id"))

        progress = ExportProgress.from_dict(d.pop("progress"))

        run_id = UUID(d.pop("run_id"))

        def _parse_size(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        size = _parse_size(d.pop("size"))

        def _parse_started_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                componentsschemas_maybe_timestamp_type_0 = datetime.datetime.fromisoformat(data)

                return componentsschemas_maybe_timestamp_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        started_at = _parse_started_at(d.pop("started_at"))

        state = ExportState(d.pop("state"))

        export = cls(
            created_at=created_at,
            download_url=download_url,
            entries=entries,
            error=error,
            finished_at=finished_at,
            format_=format_,
            id=id,
            job_id=job_id,
            progress=progress,
            run_id=run_id,
            size=size,
            started_at=started_at,
            state=state,
        )

        export.additional_properties = d
        return export

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
