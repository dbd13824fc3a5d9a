from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.host import Host
    from ..models.other_hosts_type_0 import OtherHostsType0
    from ..models.searched_log_type_0 import SearchedLogType0


T = TypeVar("T", bound="HostPage")


@_attrs_define
class HostPage:
    """
    Attributes:
        items (list[Host]):
        next_page (None | str): The cursor of the next page. Null on the last page.
        others (None | OtherHostsType0): The numbers of the hosts beyond the first 10,000 together. Null if there are no
            such hosts.
        searched (None | SearchedLogType0): How much of the log the numbers are of, if it is not the whole log: so many
            parts of all.
            Another request continues. `parts` can fall back if another process of the service handles
            it. Null if the numbers are complete.
    """

    items: list[Host]
    next_page: None | str
    others: None | OtherHostsType0
    searched: None | SearchedLogType0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.other_hosts_type_0 import OtherHostsType0  # noqa: PLC0415
        from ..models.searched_log_type_0 import SearchedLogType0  # noqa: PLC0415

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        next_page: None | str
        next_page = self.next_page

        others: dict[str, Any] | None
        if isinstance(self.others, OtherHostsType0):
            others = self.others.to_dict()
        else:
            others = self.others

        searched: dict[str, Any] | None
        if isinstance(self.searched, SearchedLogType0):
            searched = self.searched.to_dict()
        else:
            searched = self.searched

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "items": items,
                "next_page": next_page,
                "others": others,
                "searched": searched,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.host import Host  # noqa: PLC0415
        from ..models.other_hosts_type_0 import OtherHostsType0  # noqa: PLC0415
        from ..models.searched_log_type_0 import SearchedLogType0  # noqa: PLC0415

        d = dict(src_dict)
        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = Host.from_dict(items_item_data)

            items.append(items_item)

        def _parse_next_page(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        next_page = _parse_next_page(d.pop("next_page"))

        def _parse_others(data: object) -> None | OtherHostsType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_other_hosts_type_0 = OtherHostsType0.from_dict(data)

                return componentsschemas_other_hosts_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | OtherHostsType0, data)

        others = _parse_others(d.pop("others"))

        def _parse_searched(data: object) -> None | SearchedLogType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_searched_log_type_0 = SearchedLogType0.from_dict(data)

                return componentsschemas_searched_log_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SearchedLogType0, data)

        searched = _parse_searched(d.pop("searched"))

        host_page = cls(
            items=items,
            next_page=next_page,
            others=others,
            searched=searched,
        )

        host_page.additional_properties = d
        return host_page

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
