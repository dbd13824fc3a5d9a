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
    from ..models.no_params import NoParams


T = TypeVar("T", bound="AssetsNavigator")


@_attrs_define
class AssetsNavigator:
    """Checks what pages need to be shown, also on other hosts and if no `allow` pattern of a filter
    matches: images with all candidates of `srcset`, style sheets, the fonts, images and style
    sheets that these and the CSS of the page name, icons, manifests, preloaded resources,
    scripts, media, embedded documents and frames. Nothing else follows from them. They are
    requested, counted and recorded as `external: check` describes, and style sheets with GET
    as well. What only a script names is not checked. A URL that a filter other than
    `seed_hosts` excluded before, as a link of another page, stays excluded.

    With `include_assets` of the action `to_blob`, the assets of the pages that pass the steps
    are fetched with GET and kept.

        Attributes:
            kind (Literal['assets']):
            params (NoParams | Unset): An object without members.
    """

    kind: Literal["assets"]
    params: NoParams | Unset = UNSET

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
        from ..models.no_params import NoParams  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["assets"], d.pop("kind"))
        if kind != "assets":
            raise ValueError(f"kind must match const 'assets', got '{kind}'")

        _params = d.pop("params", UNSET)
        params: NoParams | Unset
        if isinstance(_params, Unset):
            params = UNSET
        else:
            params = NoParams.from_dict(_params)

        assets_navigator = cls(
            kind=kind,
            params=params,
        )

        return assets_navigator
