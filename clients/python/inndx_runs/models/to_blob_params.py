from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.to_blob_params_key_strategy import ToBlobParamsKeyStrategy
from ..types import UNSET, Unset

T = TypeVar("T", bound="ToBlobParams")


@_attrs_define
class ToBlobParams:
    """
    Attributes:
        directory (str | Unset): A relative path, the beginning of the artifact's `blob_key`. It has printable
            characters
            only, no backslash, no empty segment, and no segment `.` or `..`.
        include_assets (bool | Unset): Whether the assets that the navigator `assets` and the `asset_resolver` of the
            pipeline find are kept too.
        key_strategy (ToBlobParamsKeyStrategy | Unset): `hash` makes the key of the hash of the URL. `5min` puts the
            date and the five minutes
            in front of it, which keeps the history over several runs.
    """

    directory: str | Unset = UNSET
    include_assets: bool | Unset = UNSET
    key_strategy: ToBlobParamsKeyStrategy | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        directory = self.directory

        include_assets = self.include_assets

        key_strategy: str | Unset = UNSET
        if not isinstance(self.key_strategy, Unset):
            key_strategy = self.key_strategy.value

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if directory is not UNSET:
            field_dict["directory"] = directory
        if include_assets is not UNSET:
            field_dict["include_assets"] = include_assets
        if key_strategy is not UNSET:
            field_dict["key_strategy"] = key_strategy

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        directory = d.pop("directory", UNSET)

        include_assets = d.pop("include_assets", UNSET)

        _key_strategy = d.pop("key_strategy", UNSET)
        key_strategy: ToBlobParamsKeyStrategy | Unset
        if isinstance(_key_strategy, Unset):
            key_strategy = UNSET
        else:
            key_strategy = ToBlobParamsKeyStrategy(_key_strategy)

        to_blob_params = cls(
            directory=directory,
            include_assets=include_assets,
            key_strategy=key_strategy,
        )

        return to_blob_params
