from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.anchor_navigator import AnchorNavigator
    from ..models.asset_resolver_step import AssetResolverStep
    from ..models.assets_navigator import AssetsNavigator
    from ..models.condition_step import ConditionStep
    from ..models.extractor_step import ExtractorStep
    from ..models.log_action import LogAction
    from ..models.other_kind import OtherKind
    from ..models.to_blob_action import ToBlobAction


T = TypeVar("T", bound="Pipeline")


@_attrs_define
class Pipeline:
    """What is done with each response: whether links are followed, which responses are picked,
    what is extracted from them, and what is done with that. There is at most one `extractor`,
    one `asset_resolver` and one `to_blob`. `to_blob` needs an `extractor` or `include_assets`,
    which needs the navigator `assets` or an `asset_resolver`.

        Attributes:
            actions (list[LogAction | OtherKind | ToBlobAction] | Unset):
            id (str | Unset): The name of the pipeline, unique in the configuration. By default it is `pipeline-1` for
                the first pipeline, `pipeline-2` for the second, and so on.
            navigator (AnchorNavigator | AssetsNavigator | OtherKind | Unset): Which URLs of the pages are fetched. A
                pipeline without it fetches none.
            steps (list[AssetResolverStep | ConditionStep | ExtractorStep | OtherKind] | Unset):
    """

    actions: list[LogAction | OtherKind | ToBlobAction] | Unset = UNSET
    id: str | Unset = UNSET
    navigator: AnchorNavigator | AssetsNavigator | OtherKind | Unset = UNSET
    steps: list[AssetResolverStep | ConditionStep | ExtractorStep | OtherKind] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.anchor_navigator import AnchorNavigator  # noqa: PLC0415
        from ..models.asset_resolver_step import AssetResolverStep  # noqa: PLC0415
        from ..models.assets_navigator import AssetsNavigator  # noqa: PLC0415
        from ..models.condition_step import ConditionStep  # noqa: PLC0415
        from ..models.extractor_step import ExtractorStep  # noqa: PLC0415
        from ..models.log_action import LogAction  # noqa: PLC0415
        from ..models.to_blob_action import ToBlobAction  # noqa: PLC0415

        actions: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.actions, Unset):
            actions = []
            for actions_item_data in self.actions:
                actions_item: dict[str, Any]
                if isinstance(actions_item_data, ToBlobAction):
                    actions_item = actions_item_data.to_dict()
                elif isinstance(actions_item_data, LogAction):
                    actions_item = actions_item_data.to_dict()
                else:
                    actions_item = actions_item_data.to_dict()

                actions.append(actions_item)

        id = self.id

        navigator: dict[str, Any] | Unset
        if isinstance(self.navigator, Unset):
            navigator = UNSET
        elif isinstance(self.navigator, AnchorNavigator):
            navigator = self.navigator.to_dict()
        elif isinstance(self.navigator, AssetsNavigator):
            navigator = self.navigator.to_dict()
        else:
            navigator = self.navigator.to_dict()

        steps: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.steps, Unset):
            steps = []
            for steps_item_data in self.steps:
                steps_item: dict[str, Any]
                if isinstance(steps_item_data, ConditionStep):
                    steps_item = steps_item_data.to_dict()
                elif isinstance(steps_item_data, ExtractorStep):
                    steps_item = steps_item_data.to_dict()
                elif isinstance(steps_item_data, AssetResolverStep):
                    steps_item = steps_item_data.to_dict()
                else:
                    steps_item = steps_item_data.to_dict()

                steps.append(steps_item)

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if actions is not UNSET:
            field_dict["actions"] = actions
        if id is not UNSET:
            field_dict["id"] = id
        if navigator is not UNSET:
            field_dict["navigator"] = navigator
        if steps is not UNSET:
            field_dict["steps"] = steps

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.anchor_navigator import AnchorNavigator  # noqa: PLC0415
        from ..models.asset_resolver_step import AssetResolverStep  # noqa: PLC0415
        from ..models.assets_navigator import AssetsNavigator  # noqa: PLC0415
        from ..models.condition_step import ConditionStep  # noqa: PLC0415
        from ..models.extractor_step import ExtractorStep  # noqa: PLC0415
        from ..models.log_action import LogAction  # noqa: PLC0415
        from ..models.other_kind import OtherKind  # noqa: PLC0415
        from ..models.to_blob_action import ToBlobAction  # noqa: PLC0415

        d = dict(src_dict)
        _actions = d.pop("actions", UNSET)
        actions: list[LogAction | OtherKind | ToBlobAction] | Unset = UNSET
        if _actions is not UNSET:
            actions = []
            for actions_item_data in _actions:

                def _parse_actions_item(data: object) -> LogAction | OtherKind | ToBlobAction:
                    try:
                        if not isinstance(data, dict):
                            raise TypeError()
                        componentsschemas_pipeline_action_type_0 = ToBlobAction.from_dict(data)

                        return componentsschemas_pipeline_action_type_0
                    except (TypeError, ValueError, AttributeError, KeyError):
                        pass
                    try:
                        if not isinstance(data, dict):
                            raise TypeError()
                        componentsschemas_pipeline_action_type_1 = LogAction.from_dict(data)

                        return componentsschemas_pipeline_action_type_1
                    except (TypeError, ValueError, AttributeError, KeyError):
                        pass
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_pipeline_action_type_2 = OtherKind.from_dict(data)

                    return componentsschemas_pipeline_action_type_2

                actions_item = _parse_actions_item(actions_item_data)

                actions.append(actions_item)

        id = d.pop("id", UNSET)

        def _parse_navigator(data: object) -> AnchorNavigator | AssetsNavigator | OtherKind | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_navigator_type_0 = AnchorNavigator.from_dict(data)

                return componentsschemas_navigator_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_navigator_type_1 = AssetsNavigator.from_dict(data)

                return componentsschemas_navigator_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_navigator_type_2 = OtherKind.from_dict(data)

            return componentsschemas_navigator_type_2

        navigator = _parse_navigator(d.pop("navigator", UNSET))

        _steps = d.pop("steps", UNSET)
        steps: list[AssetResolverStep | ConditionStep | ExtractorStep | OtherKind] | Unset = UNSET
        if _steps is not UNSET:
            steps = []
            for steps_item_data in _steps:

                def _parse_steps_item(
                    data: object,
                ) -> AssetResolverStep | ConditionStep | ExtractorStep | OtherKind:
                    try:
                        if not isinstance(data, dict):
                            raise TypeError()
                        componentsschemas_pipeline_step_type_0 = ConditionStep.from_dict(data)

                        return componentsschemas_pipeline_step_type_0
                    except (TypeError, ValueError, AttributeError, KeyError):
                        pass
                    try:
                        if not isinstance(data, dict):
                            raise TypeError()
                        componentsschemas_pipeline_step_type_1 = ExtractorStep.from_dict(data)

                        return componentsschemas_pipeline_step_type_1
                    except (TypeError, ValueError, AttributeError, KeyError):
                        pass
                    try:
                        if not isinstance(data, dict):
                            raise TypeError()
                        componentsschemas_pipeline_step_type_2 = AssetResolverStep.from_dict(data)

                        return componentsschemas_pipeline_step_type_2
                    except (TypeError, ValueError, AttributeError, KeyError):
                        pass
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_pipeline_step_type_3 = OtherKind.from_dict(data)

                    return componentsschemas_pipeline_step_type_3

                steps_item = _parse_steps_item(steps_item_data)

                steps.append(steps_item)

        pipeline = cls(
            actions=actions,
            id=id,
            navigator=navigator,
            steps=steps,
        )

        return pipeline
