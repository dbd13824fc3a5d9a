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

if TYPE_CHECKING:
    from ..models.expression_condition import ExpressionCondition
    from ..models.other_kind import OtherKind
    from ..models.regex_patterns_condition import RegexPatternsCondition
    from ..models.url_patterns_condition import UrlPatternsCondition


T = TypeVar("T", bound="ConditionStep")


@_attrs_define
class ConditionStep:
    """Lets a response pass if all conditions hold.

    Attributes:
        kind (Literal['condition']):
        params (list[ExpressionCondition | OtherKind | RegexPatternsCondition | UrlPatternsCondition]):
    """

    kind: Literal["condition"]
    params: list[ExpressionCondition | OtherKind | RegexPatternsCondition | UrlPatternsCondition]

    def to_dict(self) -> dict[str, Any]:
        from ..models.expression_condition import ExpressionCondition  # noqa: PLC0415
        from ..models.regex_patterns_condition import RegexPatternsCondition  # noqa: PLC0415
        from ..models.url_patterns_condition import UrlPatternsCondition  # noqa: PLC0415

        kind = self.kind

        params = []
        for params_item_data in self.params:
            params_item: dict[str, Any]
            if isinstance(params_item_data, RegexPatternsCondition):
                params_item = params_item_data.to_dict()
            elif isinstance(params_item_data, UrlPatternsCondition):
                params_item = params_item_data.to_dict()
            elif isinstance(params_item_data, ExpressionCondition):
                params_item = params_item_data.to_dict()
            else:
                params_item = params_item_data.to_dict()

            params.append(params_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "params": params,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.expression_condition import ExpressionCondition  # noqa: PLC0415
        from ..models.other_kind import OtherKind  # noqa: PLC0415
        from ..models.regex_patterns_condition import RegexPatternsCondition  # noqa: PLC0415
        from ..models.url_patterns_condition import UrlPatternsCondition  # noqa: PLC0415

        d = dict(src_dict)
        kind = cast(Literal["condition"], d.pop("kind"))
        if kind != "condition":
            raise ValueError(f"kind must match const 'condition', got '{kind}'")

        params = []
        _params = d.pop("params")
        for params_item_data in _params:

            def _parse_params_item(
                data: object,
            ) -> ExpressionCondition | OtherKind | RegexPatternsCondition | UrlPatternsCondition:
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_condition_type_0 = RegexPatternsCondition.from_dict(data)

                    return componentsschemas_condition_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_condition_type_1 = UrlPatternsCondition.from_dict(data)

                    return componentsschemas_condition_type_1
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_condition_type_2 = ExpressionCondition.from_dict(data)

                    return componentsschemas_condition_type_2
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_condition_type_3 = OtherKind.from_dict(data)

                return componentsschemas_condition_type_3

            params_item = _parse_params_item(params_item_data)

            params.append(params_item)

        condition_step = cls(
            kind=kind,
            params=params,
        )

        return condition_step
