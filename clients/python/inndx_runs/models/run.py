from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status import Status
from ..models.stop_reason import StopReason
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.label_set import LabelSet
    from ..models.progress import Progress
    from ..models.resolved_config import ResolvedConfig


T = TypeVar("T", bound="Run")


@_attrs_define
class Run:
    """One execution of a job.

    Attributes:
        created_at (datetime.datetime): RFC 3339 in UTC with microseconds.
        finished_at (datetime.datetime | None): RFC 3339 in UTC with microseconds. Null if the event has not happened.
        id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        job_id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        job_name (None | str): The job's name when the run was created. A run from before runs had this member shows
            the job's current name, or null if the job was deleted.
        labels (LabelSet): Up to 50 labels. A key has 1 to 63 characters, a value up to 255. Control characters are not
            allowed.
        paused_at (datetime.datetime | None): RFC 3339 in UTC with microseconds. Null if the event has not happened.
        progress (Progress): What the run has done. A URL is processed once. A redirect is an outcome of its own, and
            its
            target is another URL with the same depth.
        started_at (datetime.datetime | None): RFC 3339 in UTC with microseconds. Null if the event has not happened.
        status (Status): - `pending`: Created but not yet started.
            - `running`: Currently executing.
            - `paused`: Temporarily halted and resumable.
            - `finished`: Completed or stopped.
        stop_reason (None | StopReason): Why the run finished. Null if it is not finished.
        updated_at (datetime.datetime): RFC 3339 in UTC with microseconds.
        config (ResolvedConfig | Unset): A configuration with every default filled in. `ranker`, `mutators`,
            `pipelines`, `external`
            and `record` are present only if they do not have their default.
    """

    created_at: datetime.datetime
    finished_at: datetime.datetime | None
    id: UUID
    job_id: UUID
    job_name: None | str
    labels: LabelSet
    paused_at: datetime.datetime | None
    progress: Progress
    started_at: datetime.datetime | None
    status: Status
    stop_reason: None | StopReason
    updated_at: datetime.datetime
    config: ResolvedConfig | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at.isoformat()

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        id = str(self.id)

        job_id = str(self.job_id)

        job_name: None | str
        job_name = self.job_name

        labels = self.labels.to_dict()

        paused_at: None | str
        if isinstance(self.paused_at, datetime.datetime):
            paused_at = self.paused_at.isoformat()
        else:
            paused_at = self.paused_at

        progress = self.progress.to_dict()

        started_at: None | str
        if isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        status = self.status.value

        stop_reason: None | str
        if isinstance(self.stop_reason, StopReason):
            stop_reason = self.stop_reason.value
        else:
            stop_reason = self.stop_reason

        updated_at = self.updated_at.isoformat()

        config: dict[str, Any] | Unset = UNSET
        if not isinstance(self.config, Unset):
            config = self.config.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "finished_at": finished_at,
                "id": id,
                "job_id": job_id,
                "job_name": job_name,
                "labels": labels,
                "paused_at": paused_at,
                "progress": progress,
                "started_at": started_at,
                "status": status,
                "stop_reason": stop_reason,
                "updated_at": updated_at,
            }
        )
        if config is not UNSET:
            field_dict["config"] = config

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.label_set import LabelSet  # noqa: PLC0415
        from ..models.progress import Progress  # noqa: PLC0415
        from ..models.resolved_config import ResolvedConfig  # noqa: PLC0415

        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

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

        id = UUID(d.pop("id"))

        job_id = UUID(d.pop("job_id"))

        def _parse_job_name(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        job_name = _parse_job_name(d.pop("job_name"))

        labels = LabelSet.from_dict(d.pop("labels"))

        def _parse_paused_at(data: object) -> datetime.datetime | None:
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

        paused_at = _parse_paused_at(d.pop("paused_at"))

        progress = Progress.from_dict(d.pop("progress"))

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

        status = Status(d.pop("status"))

        def _parse_stop_reason(data: object) -> None | StopReason:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                stop_reason_type_0 = StopReason(data)

                return stop_reason_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | StopReason, data)

        stop_reason = _parse_stop_reason(d.pop("stop_reason"))

        updated_at = datetime.datetime.fromisoformat(d.pop("updated_at"))

        _config = d.pop("config", UNSET)
        config: ResolvedConfig | Unset
        if isinstance(_config, Unset):
            config = UNSET
        else:
            config = ResolvedConfig.from_dict(_config)

        run = cls(
            created_at=created_at,
            finished_at=finished_at,
            id=id,
            job_id=job_id,
            job_name=job_name,
            labels=labels,
            paused_at=paused_at,
            progress=progress,
            started_at=started_at,
            status=status,
            stop_reason=stop_reason,
            updated_at=updated_at,
            config=config,
        )

        run.additional_properties = d
        return run

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
