from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.config import Config
    from ..models.label_set import LabelSet


T = TypeVar("T", bound="JobInput")


@_attrs_define
class JobInput:
    """
    Attributes:
        name (str): 1 to 255 characters without control characters.
        config (Config | Unset): What to crawl and how. Each part has a kind and the params of that kind. An omitted
            member
            has its default value, which is called `x-default` here. An empty list means none, which is
            not the default of `filters` and `policies`. A configuration has at most 128 KiB with every
            default filled in.
        id (UUID | Unset): A UUID in its canonical form of 36 characters. Responses use lower case.
        labels (LabelSet | Unset): Up to 50 labels. A key has 1 to 63 characters, a value up to 255. Control characters
            are not
            allowed.
    """

    name: str
    config: Config | Unset = UNSET
    id: UUID | Unset = UNSET
    labels: LabelSet | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        config: dict[str, Any] | Unset = UNSET
        if not isinstance(self.config, Unset):
            config = self.config.to_dict()

        id: str | Unset = UNSET
        if not isinstance(self.id, Unset):
            id = str(self.id)

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if config is not UNSET:
            field_dict["config"] = config
        if id is not UNSET:
            field_dict["id"] = id
        if labels is not UNSET:
            field_dict["labels"] = labels

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.config import Config  # noqa: PLC0415
        from ..models.label_set import LabelSet  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        _config = d.pop("config", UNSET)
        config: Config | Unset
        if isinstance(_config, Unset):
            config = UNSET
        else:
            config = Config.from_dict(_config)

        _id = d.pop("id", UNSET)
        id: UUID | Unset
        if isinstance(_id, Unset):
            id = UNSET
        else:
            id = UUID(_id)

        _labels = d.pop("labels", UNSET)
        labels: LabelSet | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = LabelSet.from_dict(_labels)

        job_input = cls(
            name=name,
            config=config,
            id=id,
            labels=labels,
        )

        return job_input
