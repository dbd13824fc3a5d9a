from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.resolved_config_external import ResolvedConfigExternal
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.breadth_ranker import BreadthRanker
    from ..models.budget_filter import BudgetFilter
    from ..models.depth_ranker import DepthRanker
    from ..models.exclusive_criterion import ExclusiveCriterion
    from ..models.max_age_criterion import MaxAgeCriterion
    from ..models.max_depth_criterion import MaxDepthCriterion
    from ..models.max_empty_evaluations_criterion import MaxEmptyEvaluationsCriterion
    from ..models.max_urls_criterion import MaxUrlsCriterion
    from ..models.other_kind import OtherKind
    from ..models.pipeline import Pipeline
    from ..models.record import Record
    from ..models.regex_patterns_filter import RegexPatternsFilter
    from ..models.resolved_fetcher import ResolvedFetcher
    from ..models.resolved_speed import ResolvedSpeed
    from ..models.resolved_traps import ResolvedTraps
    from ..models.robots_txt_policy import RobotsTxtPolicy
    from ..models.sanitize_mutator import SanitizeMutator
    from ..models.seed_hosts_filter import SeedHostsFilter
    from ..models.sitemap_seed import SitemapSeed
    from ..models.static_list_seed import StaticListSeed
    from ..models.url_patterns_filter import UrlPatternsFilter


T = TypeVar("T", bound="ResolvedConfig")


@_attrs_define
class ResolvedConfig:
    """A configuration with every default filled in. `ranker`, `mutators`, `pipelines`, `external`
    and `record` are present only if they do not have their default.

        Attributes:
            fetcher (ResolvedFetcher): The `fetcher` of a run, with every default filled in. Members from `cookie_jar` on
                are
                present only if they do not have their default.
            filters (list[BudgetFilter | OtherKind | RegexPatternsFilter | SeedHostsFilter | UrlPatternsFilter]): Which URLs
                to crawl. A URL must pass all filters. At most one `seed_hosts` and one
                `budget`. If this is omitted, the crawl stays on the hosts of its seeds, which is safe.
                An empty list is not safe: without filters the crawl follows links to every host.
            max_queue_size (int): How many URLs may be queued at a time, which is `urls_queued` of the progress. URLs that
                are discovered while the queue is full are excluded with the reason `queue_full`.
            policies (list[OtherKind | RobotsTxtPolicy]): What the crawl obeys. At most one of each kind. If this is
                omitted, the crawl obeys
                robots.txt. With an empty list it does not, which is acceptable only for your own sites.
            seeds (list[OtherKind | SitemapSeed | StaticListSeed]): Where the crawl starts. Without any URL the run ends
                with the stop reason `empty_seed`.
            speed (ResolvedSpeed): The `speed` of a run, with every default filled in.
            starting_criteria (list[ExclusiveCriterion | OtherKind]): When a run may be created. At most one of each kind.
            stopping_criteria (list[MaxAgeCriterion | MaxDepthCriterion | MaxEmptyEvaluationsCriterion | MaxUrlsCriterion |
                OtherKind]): When the run ends. One criterion is enough to end it. At most one of each kind. If there
                is no `max_empty_evaluations`, the service adds one with a limit of 1.
            traps (ResolvedTraps): The `traps` of a run, with every default filled in.
            user_agent (str): The User-Agent of the crawler, in printable ASCII characters. Its product token is the
                name that the crawler matches in robots.txt: `mybot` for `MyBot/1.0
                (+https://example.com/bot)` and for `Mozilla/5.0 (compatible; MyBot/1.0)`.
            external (ResolvedConfigExternal | Unset): What is done with a link that leaves what the run crawls: to a host
                that `seed_hosts`
                refuses, to a URL that no `allow` pattern of `regex_patterns` or `url_patterns` matches,
                or deeper than `max_depth`. `ignore` excludes it. `check` checks that it responds. A URL
                that a `deny` pattern matches is never requested. Such a check is a URL of the run like
                any other in the counters, the log and the links, and `max_urls`, `budget`, the traps,
                delays, robots.txt and retries apply to it. It is requested with HEAD. If that fails or
                responds with a status from 400 on, GET follows, even without `max_retries`, of which at
                most 64 KiB are read. So `attempt` may be 2, and `title` and `digest` are absent. Only redirects are followed.
                No pipeline applies to it. A check that is not
                finished when a page links to it within the filters becomes a page. Links with
                `rel=nofollow` are neither followed nor checked.
            mutators (list[OtherKind | SanitizeMutator] | Unset): What is done to every URL before it is admitted. At most
                one of each kind.
            pipelines (list[Pipeline] | Unset): What is done with responses. Without pipelines the crawl follows the links
                of all pages
                and keeps nothing. If there are pipelines, it follows the links of pages only if one of
                them has the navigator `anchor`.
            ranker (BreadthRanker | DepthRanker | OtherKind | Unset): Which of the queued URLs whose host is ready is
                fetched first.
            record (Record | Unset): What the log of a run has beside the outcomes.
    """

    fetcher: ResolvedFetcher
    filters: list[
        BudgetFilter | OtherKind | RegexPatternsFilter | SeedHostsFilter | UrlPatternsFilter
    ]
    max_queue_size: int
    policies: list[OtherKind | RobotsTxtPolicy]
    seeds: list[OtherKind | SitemapSeed | StaticListSeed]
    speed: ResolvedSpeed
    starting_criteria: list[ExclusiveCriterion | OtherKind]
    stopping_criteria: list[
        MaxAgeCriterion
        | MaxDepthCriterion
        | MaxEmptyEvaluationsCriterion
        | MaxUrlsCriterion
        | OtherKind
    ]
    traps: ResolvedTraps
    user_agent: str
    external: ResolvedConfigExternal | Unset = UNSET
    mutators: list[OtherKind | SanitizeMutator] | Unset = UNSET
    pipelines: list[Pipeline] | Unset = UNSET
    ranker: BreadthRanker | DepthRanker | OtherKind | Unset = UNSET
    record: Record | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.breadth_ranker import BreadthRanker  # noqa: PLC0415
        from ..models.budget_filter import BudgetFilter  # noqa: PLC0415
        from ..models.depth_ranker import DepthRanker  # noqa: PLC0415
        from ..models.exclusive_criterion import ExclusiveCriterion  # noqa: PLC0415
        from ..models.max_age_criterion import MaxAgeCriterion  # noqa: PLC0415
        from ..models.max_depth_criterion import MaxDepthCriterion  # noqa: PLC0415
        from ..models.max_empty_evaluations_criterion import (
            MaxEmptyEvaluationsCriterion,  # noqa: PLC0415
        )
        from ..models.max_urls_criterion import MaxUrlsCriterion  # noqa: PLC0415
        from ..models.regex_patterns_filter import RegexPatternsFilter  # noqa: PLC0415
        from ..models.robots_txt_policy import RobotsTxtPolicy  # noqa: PLC0415
        from ..models.sanitize_mutator import SanitizeMutator  # noqa: PLC0415
        from ..models.seed_hosts_filter import SeedHostsFilter  # noqa: PLC0415
        from ..models.sitemap_seed import SitemapSeed  # noqa: PLC0415
        from ..models.static_list_seed import StaticListSeed  # noqa: PLC0415
        from ..models.url_patterns_filter import UrlPatternsFilter  # noqa: PLC0415

        fetcher = self.fetcher.to_dict()

        filters = []
        for filters_item_data in self.filters:
            filters_item: dict[str, Any]
            if isinstance(filters_item_data, SeedHostsFilter):
                filters_item = filters_item_data.to_dict()
            elif isinstance(filters_item_data, RegexPatternsFilter):
                filters_item = filters_item_data.to_dict()
            elif isinstance(filters_item_data, UrlPatternsFilter):
                filters_item = filters_item_data.to_dict()
            elif isinstance(filters_item_data, BudgetFilter):
                filters_item = filters_item_data.to_dict()
            else:
                filters_item = filters_item_data.to_dict()

            filters.append(filters_item)

        max_queue_size = self.max_queue_size

        policies = []
        for policies_item_data in self.policies:
            policies_item: dict[str, Any]
            if isinstance(policies_item_data, RobotsTxtPolicy):
                policies_item = policies_item_data.to_dict()
            else:
                policies_item = policies_item_data.to_dict()

            policies.append(policies_item)

        seeds = []
        for seeds_item_data in self.seeds:
            seeds_item: dict[str, Any]
            if isinstance(seeds_item_data, StaticListSeed):
                seeds_item = seeds_item_data.to_dict()
            elif isinstance(seeds_item_data, SitemapSeed):
                seeds_item = seeds_item_data.to_dict()
            else:
                seeds_item = seeds_item_data.to_dict()

            seeds.append(seeds_item)

        speed = self.speed.to_dict()

        starting_criteria = []
        for starting_criteria_item_data in self.starting_criteria:
            starting_criteria_item: dict[str, Any]
            if isinstance(starting_criteria_item_data, ExclusiveCriterion):
                starting_criteria_item = starting_criteria_item_data.to_dict()
            else:
                starting_criteria_item = starting_criteria_item_data.to_dict()

            starting_criteria.append(starting_criteria_item)

        stopping_criteria = []
        for stopping_criteria_item_data in self.stopping_criteria:
            stopping_criteria_item: dict[str, Any]
            if isinstance(stopping_criteria_item_data, MaxUrlsCriterion):
                stopping_criteria_item = stopping_criteria_item_data.to_dict()
            elif isinstance(stopping_criteria_item_data, MaxDepthCriterion):
                stopping_criteria_item = stopping_criteria_item_data.to_dict()
            elif isinstance(stopping_criteria_item_data, MaxAgeCriterion):
                stopping_criteria_item = stopping_criteria_item_data.to_dict()
            elif isinstance(stopping_criteria_item_data, MaxEmptyEvaluationsCriterion):
                stopping_criteria_item = stopping_criteria_item_data.to_dict()
            else:
                stopping_criteria_item = stopping_criteria_item_data.to_dict()

            stopping_criteria.append(stopping_criteria_item)

        traps = self.traps.to_dict()

        user_agent = self.user_agent

        external: str | Unset = UNSET
        if not isinstance(self.external, Unset):
            external = self.external.value

        mutators: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.mutators, Unset):
            mutators = []
            for mutators_item_data in self.mutators:
                mutators_item: dict[str, Any]
                if isinstance(mutators_item_data, SanitizeMutator):
                    mutators_item = mutators_item_data.to_dict()
                else:
                    mutators_item = mutators_item_data.to_dict()

                mutators.append(mutators_item)

        pipelines: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.pipelines, Unset):
            pipelines = []
            for pipelines_item_data in self.pipelines:
                pipelines_item = pipelines_item_data.to_dict()
                pipelines.append(pipelines_item)

        ranker: dict[str, Any] | Unset
        if isinstance(self.ranker, Unset):
            ranker = UNSET
        elif isinstance(self.ranker, BreadthRanker):
            ranker = self.ranker.to_dict()
        elif isinstance(self.ranker, DepthRanker):
            ranker = self.ranker.to_dict()
        else:
            ranker = self.ranker.to_dict()

        record: dict[str, Any] | Unset = UNSET
        if not isinstance(self.record, Unset):
            record = self.record.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "fetcher": fetcher,
                "filters": filters,
                "max_queue_size": max_queue_size,
                "policies": policies,
                "seeds": seeds,
                "speed": speed,
                "starting_criteria": starting_criteria,
                "stopping_criteria": stopping_criteria,
                "traps": traps,
                "user_agent": user_agent,
            }
        )
        if external is not UNSET:
            field_dict["external"] = external
        if mutators is not UNSET:
            field_dict["mutators"] = mutators
        if pipelines is not UNSET:
            field_dict["pipelines"] = pipelines
        if ranker is not UNSET:
            field_dict["ranker"] = ranker
        if record is not UNSET:
            field_dict["record"] = record

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.breadth_ranker import BreadthRanker  # noqa: PLC0415
        from ..models.budget_filter import BudgetFilter  # noqa: PLC0415
        from ..models.depth_ranker import DepthRanker  # noqa: PLC0415
        from ..models.exclusive_criterion import ExclusiveCriterion  # noqa: PLC0415
        from ..models.max_age_criterion import MaxAgeCriterion  # noqa: PLC0415
        from ..models.max_depth_criterion import MaxDepthCriterion  # noqa: PLC0415
        from ..models.max_empty_evaluations_criterion import (
            MaxEmptyEvaluationsCriterion,  # noqa: PLC0415
        )
        from ..models.max_urls_criterion import MaxUrlsCriterion  # noqa: PLC0415
        from ..models.other_kind import OtherKind  # noqa: PLC0415
        from ..models.pipeline import Pipeline  # noqa: PLC0415
        from ..models.record import Record  # noqa: PLC0415
        from ..models.regex_patterns_filter import RegexPatternsFilter  # noqa: PLC0415
        from ..models.resolved_fetcher import ResolvedFetcher  # noqa: PLC0415
        from ..models.resolved_speed import ResolvedSpeed  # noqa: PLC0415
        from ..models.resolved_traps import ResolvedTraps  # noqa: PLC0415
        from ..models.robots_txt_policy import RobotsTxtPolicy  # noqa: PLC0415
        from ..models.sanitize_mutator import SanitizeMutator  # noqa: PLC0415
        from ..models.seed_hosts_filter import SeedHostsFilter  # noqa: PLC0415
        from ..models.sitemap_seed import SitemapSeed  # noqa: PLC0415
        from ..models.static_list_seed import StaticListSeed  # noqa: PLC0415
        from ..models.url_patterns_filter import UrlPatternsFilter  # noqa: PLC0415

        d = dict(src_dict)
        fetcher = ResolvedFetcher.from_dict(d.pop("fetcher"))

        filters = []
        _filters = d.pop("filters")
        for filters_item_data in _filters:

            def _parse_filters_item(
                data: object,
            ) -> (
                BudgetFilter | OtherKind | RegexPatternsFilter | SeedHostsFilter | UrlPatternsFilter
            ):
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_filter_type_0 = SeedHostsFilter.from_dict(data)

                    return componentsschemas_filter_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_filter_type_1 = RegexPatternsFilter.from_dict(data)

                    return componentsschemas_filter_type_1
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_filter_type_2 = UrlPatternsFilter.from_dict(data)

                    return componentsschemas_filter_type_2
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_filter_type_3 = BudgetFilter.from_dict(data)

                    return componentsschemas_filter_type_3
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_filter_type_4 = OtherKind.from_dict(data)

                return componentsschemas_filter_type_4

            filters_item = _parse_filters_item(filters_item_data)

            filters.append(filters_item)

        max_queue_size = d.pop("max_queue_size")

        policies = []
        _policies = d.pop("policies")
        for policies_item_data in _policies:

            def _parse_policies_item(data: object) -> OtherKind | RobotsTxtPolicy:
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_policy_type_0 = RobotsTxtPolicy.from_dict(data)

                    return componentsschemas_policy_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_policy_type_1 = OtherKind.from_dict(data)

                return componentsschemas_policy_type_1

            policies_item = _parse_policies_item(policies_item_data)

            policies.append(policies_item)

        seeds = []
        _seeds = d.pop("seeds")
        for seeds_item_data in _seeds:

            def _parse_seeds_item(data: object) -> OtherKind | SitemapSeed | StaticListSeed:
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_seed_type_0 = StaticListSeed.from_dict(data)

                    return componentsschemas_seed_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_seed_type_1 = SitemapSeed.from_dict(data)

                    return componentsschemas_seed_type_1
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_seed_type_2 = OtherKind.from_dict(data)

                return componentsschemas_seed_type_2

            seeds_item = _parse_seeds_item(seeds_item_data)

            seeds.append(seeds_item)

        speed = ResolvedSpeed.from_dict(d.pop("speed"))

        starting_criteria = []
        _starting_criteria = d.pop("starting_criteria")
        for starting_criteria_item_data in _starting_criteria:

            def _parse_starting_criteria_item(data: object) -> ExclusiveCriterion | OtherKind:
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_starting_criterion_type_0 = ExclusiveCriterion.from_dict(data)

                    return componentsschemas_starting_criterion_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_starting_criterion_type_1 = OtherKind.from_dict(data)

                return componentsschemas_starting_criterion_type_1

            starting_criteria_item = _parse_starting_criteria_item(starting_criteria_item_data)

            starting_criteria.append(starting_criteria_item)

        stopping_criteria = []
        _stopping_criteria = d.pop("stopping_criteria")
        for stopping_criteria_item_data in _stopping_criteria:

            def _parse_stopping_criteria_item(
                data: object,
            ) -> (
                MaxAgeCriterion
                | MaxDepthCriterion
                | MaxEmptyEvaluationsCriterion
                | MaxUrlsCriterion
                | OtherKind
            ):
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_stopping_criterion_type_0 = MaxUrlsCriterion.from_dict(data)

                    return componentsschemas_stopping_criterion_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_stopping_criterion_type_1 = MaxDepthCriterion.from_dict(data)

                    return componentsschemas_stopping_criterion_type_1
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_stopping_criterion_type_2 = MaxAgeCriterion.from_dict(data)

                    return componentsschemas_stopping_criterion_type_2
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_stopping_criterion_type_3 = (
                        MaxEmptyEvaluationsCriterion.from_dict(data)
                    )

                    return componentsschemas_stopping_criterion_type_3
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_stopping_criterion_type_4 = OtherKind.from_dict(data)

                return componentsschemas_stopping_criterion_type_4

            stopping_criteria_item = _parse_stopping_criteria_item(stopping_criteria_item_data)

            stopping_criteria.append(stopping_criteria_item)

        traps = ResolvedTraps.from_dict(d.pop("traps"))

        user_agent = d.pop("user_agent")

        _external = d.pop("external", UNSET)
        external: ResolvedConfigExternal | Unset
        if isinstance(_external, Unset):
            external = UNSET
        else:
            external = ResolvedConfigExternal(_external)

        _mutators = d.pop("mutators", UNSET)
        mutators: list[OtherKind | SanitizeMutator] | Unset = UNSET
        if _mutators is not UNSET:
            mutators = []
            for mutators_item_data in _mutators:

                def _parse_mutators_item(data: object) -> OtherKind | SanitizeMutator:
                    try:
                        if not isinstance(data, dict):
                            raise TypeError()
                        componentsschemas_mutator_type_0 = SanitizeMutator.from_dict(data)

                        return componentsschemas_mutator_type_0
                    except (TypeError, ValueError, AttributeError, KeyError):
                        pass
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_mutator_type_1 = OtherKind.from_dict(data)

                    return componentsschemas_mutator_type_1

                mutators_item = _parse_mutators_item(mutators_item_data)

                mutators.append(mutators_item)

        _pipelines = d.pop("pipelines", UNSET)
        pipelines: list[Pipeline] | Unset = UNSET
        if _pipelines is not UNSET:
            pipelines = []
            for pipelines_item_data in _pipelines:
                pipelines_item = Pipeline.from_dict(pipelines_item_data)

                pipelines.append(pipelines_item)

        def _parse_ranker(data: object) -> BreadthRanker | DepthRanker | OtherKind | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_ranker_type_0 = BreadthRanker.from_dict(data)

                return componentsschemas_ranker_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_ranker_type_1 = DepthRanker.from_dict(data)

                return componentsschemas_ranker_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_ranker_type_2 = OtherKind.from_dict(data)

            return componentsschemas_ranker_type_2

        ranker = _parse_ranker(d.pop("ranker", UNSET))

        _record = d.pop("record", UNSET)
        record: Record | Unset
        if isinstance(_record, Unset):
            record = UNSET
        else:
            record = Record.from_dict(_record)

        resolved_config = cls(
            fetcher=fetcher,
            filters=filters,
            max_queue_size=max_queue_size,
            policies=policies,
            seeds=seeds,
            speed=speed,
            starting_criteria=starting_criteria,
            stopping_criteria=stopping_criteria,
            traps=traps,
            user_agent=user_agent,
            external=external,
            mutators=mutators,
            pipelines=pipelines,
            ranker=ranker,
            record=record,
        )

        resolved_config.additional_properties = d
        return resolved_config

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
