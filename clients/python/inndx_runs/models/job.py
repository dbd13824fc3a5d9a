from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.config import Config
    from ..models.label_set import LabelSet
    from ..models.run import Run


T = TypeVar("T", bound="Job")


@_attrs_define
class Job:
    """The description of a crawl. Runs execute it.

    Attributes:
        created_at (datetime.datetime): RFC 3339 in UTC with microseconds.
        id (UUID): A UUID in its canonical form of 36 characters. Responses use lower case.
        labels (LabelSet): Up to 50 labels. A key has 1 to 63 characters, a value up to 255. Control characters are not
            allowed.
        name (str): 1 to 255 characters without control characters.
        updated_at (datetime.datetime): RFC 3339 in UTC with microseconds.
        config (Config | Unset): What to crawl and how. Each part has a kind and the params of that kind. An omitted
            member
            has its default value, which is called `x-default` here. An empty list means none, which is
            not the default of `filters` and `policies`. A configuration has at most 128 KiB with every
            default filled in.
        run (Run | Unset): One execution of a job.
    """

    created_at: datetime.datetime
    id: UUID
    labels: LabelSet
    name: str
    updated_at: datetime.datetime
    config: Config | Unset = UNSET
    run: Run | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at.isoformat()

        id = str(self.id)

        labels = self.labels.to_dict()

        name = self.name

        updated_at = self.updated_at.isoformat()

        config: dict[str, Any] | Unset = UNSET
        if not isinstance(self.config, Unset):
            config = self.config.to_dict()

        run: dict[str, Any] | Unset = UNSET
        if not isinstance(self.run, Unset):
            run = self.run.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "id": id,
                "labels": labels,
                "name": name,
                "updated_at": updated_at,
            }
        )
        if config is not UNSET:
            field_dict["config"] = config
        if run is not UNSET:
            field_dict["run"] = run

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.config import Config  # noqa: PLC0415
        from ..models.label_set import LabelSet  # noqa: PLC0415
        from ..models.run import Run  # noqa: PLC0415

        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        id = UUID(d.pop("id"))

        labels = LabelSet.from_dict(d.pop("labels"))

        name = d.pop("name")

        updated_at = datetime.datetime.fromisoformat(d.pop("updated_at"))

        _config = d.pop("config", UNSET)
        config: Config | Unset
        if isinstance(_config, Unset):
            config = UNSET
        else:
            config = Config.from_dict(_config)

        _run = d.pop("run", UNSET)
        run: Run | Unset
        if isinstance(_run, Unset):
            run = UNSET
        else:
            run = Run.from_dict(_run)

        job = cls(
            created_at=created_at,
            id=id,
            labels=labels,
            name=name,
            updated_at=updated_at,
            config=config,
            run=run,
        )

        job.additional_properties = d
        return job

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
