from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.other_kind import OtherKind
    from ..models.x_path_resolver import XPathResolver


T = TypeVar("T", bound="AssetResolverParams")


@_attrs_define
class AssetResolverParams:
    """
    Attributes:
        resolvers (list[OtherKind | XPathResolver]):
        concurrency (int | Unset): How many assets of this step are fetched at a time. The bounds of `speed` apply as
            well.
        max_retries (int | Unset): Attempts after the first one, instead of those of `fetcher`.
        timeout (str | Unset): A duration such as `30s`, `1m30s` or `6h`: numbers with the units `h`, `m`, `s`, `ms`,
            `us`
            or `ns`. Responses use the shortest form: `6h`, not `6h0m0s`.
    """

    resolvers: list[OtherKind | XPathResolver]
    concurrency: int | Unset = UNSET
    max_retries: int | Unset = UNSET
    timeout: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.x_path_resolver import XPathResolver  # noqa: PLC0415

        resolvers = []
        for resolvers_item_data in self.resolvers:
            resolvers_item: dict[str, Any]
            if isinstance(resolvers_item_data, XPathResolver):
                resolvers_item = resolvers_item_data.to_dict()
            else:
                resolvers_item = resolvers_item_data.to_dict()

            resolvers.append(resolvers_item)

        concurrency = self.concurrency

        max_retries = self.max_retries

        timeout = self.timeout

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "resolvers": resolvers,
            }
        )
        if concurrency is not UNSET:
            field_dict["concurrency"] = concurrency
        if max_retries is not UNSET:
            field_dict["max_retries"] = max_retries
        if timeout is not UNSET:
            field_dict["timeout"] = timeout

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.other_kind import OtherKind  # noqa: PLC0415
        from ..models.x_path_resolver import XPathResolver  # noqa: PLC0415

        d = dict(src_dict)
        resolvers = []
        _resolvers = d.pop("resolvers")
        for resolvers_item_data in _resolvers:

            def _parse_resolvers_item(data: object) -> OtherKind | XPathResolver:
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_asset_url_resolver_type_0 = XPathResolver.from_dict(data)

                    return componentsschemas_asset_url_resolver_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_asset_url_resolver_type_1 = OtherKind.from_dict(data)

                return componentsschemas_asset_url_resolver_type_1

            resolvers_item = _parse_resolvers_item(resolvers_item_data)

            resolvers.append(resolvers_item)

        concurrency = d.pop("concurrency", UNSET)

        max_retries = d.pop("max_retries", UNSET)

        timeout = d.pop("timeout", UNSET)

        asset_resolver_params = cls(
            resolvers=resolvers,
            concurrency=concurrency,
            max_retries=max_retries,
            timeout=timeout,
        )

        return asset_resolver_params
