from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.config import Config
    from ..models.label_set import LabelSet


T = TypeVar("T", bound="JobPatch")


@_attrs_define
class JobPatch:
    """
    Attributes:
        config (Config | Unset): What to crawl and how. Each part has a kind and the params of that kind. An omitted
            member
            has its default value, which is called `x-default` here. An empty list means none, which is
            not the default of `filters` and `policies`. A configuration has at most 128 KiB with every
            default filled in.
        labels (LabelSet | Unset): Up to 50 labels. A key has 1 to 63 characters, a value up to 255. Control characters
            are not
            allowed.
        name (str | Unset): 1 to 255 characters without control characters.
    """

    config: Config | Unset = UNSET
    labels: LabelSet | Unset = UNSET
    name: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        config: dict[str, Any] | Unset = UNSET
        if not isinstance(self.config, Unset):
            config = self.config.to_dict()

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        name = self.name

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if config is not UNSET:
            field_dict["config"] = config
        if labels is not UNSET:
            field_dict["labels"] = labels
        if name is not UNSET:
            field_dict["name"] = name

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.config import Config  # noqa: PLC0415
        from ..models.label_set import LabelSet  # noqa: PLC0415

        d = dict(src_dict)
        _config = d.pop("config", UNSET)
        config: Config | Unset
        if isinstance(_config, Unset):
            config = UNSET
        else:
            config = Config.from_dict(_config)

        _labels = d.pop("labels", UNSET)
        labels: LabelSet | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = LabelSet.from_dict(_labels)

        name = d.pop("name", UNSET)

        job_patch = cls(
            config=config,
            labels=labels,
            name=name,
        )

        return job_patch
