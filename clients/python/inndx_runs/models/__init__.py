"""Contains all the data models used in inputs/outputs"""

from .anchor_navigator import AnchorNavigator
from .artifact import Artifact
from .artifact_kind import ArtifactKind
from .artifact_page import ArtifactPage
from .asset_resolver_params import AssetResolverParams
from .asset_resolver_step import AssetResolverStep
from .assets_navigator import AssetsNavigator
from .basic_auth import BasicAuth
from .bearer import Bearer
from .breadth_ranker import BreadthRanker
from .budget_filter import BudgetFilter
from .budget_params import BudgetParams
from .condition_step import ConditionStep
from .config import Config
from .config_external import ConfigExternal
from .cookie import Cookie
from .data_field import DataField
from .data_map import DataMap
from .data_map_extractor import DataMapExtractor
from .data_map_params import DataMapParams
from .data_source import DataSource
from .data_source_kind import DataSourceKind
from .data_source_params import DataSourceParams
from .depth_ranker import DepthRanker
from .edge import Edge
from .edge_kind import EdgeKind
from .edge_page import EdgePage
from .error_reason import ErrorReason
from .exclusive_criterion import ExclusiveCriterion
from .exclusive_params import ExclusiveParams
from .exclusive_params_by import ExclusiveParamsBy
from .export import Export
from .export_format import ExportFormat
from .export_input import ExportInput
from .export_page import ExportPage
from .export_progress import ExportProgress
from .export_state import ExportState
from .expression_condition import ExpressionCondition
from .expression_params import ExpressionParams
from .extractor_step import ExtractorStep
from .fetcher import Fetcher
from .field_error import FieldError
from .host import Host
from .host_order import HostOrder
from .host_page import HostPage
from .job import Job
from .job_input import JobInput
from .job_page import JobPage
from .job_patch import JobPatch
from .label_filter import LabelFilter
from .label_set import LabelSet
from .latency import Latency
from .latency_bucket import LatencyBucket
from .latency_series import LatencySeries
from .link import Link
from .link_page import LinkPage
from .link_state import LinkState
from .list_job_runs_view import ListJobRunsView
from .list_jobs_view import ListJobsView
from .list_runs_view import ListRunsView
from .log_action import LogAction
from .log_entry import LogEntry
from .log_page import LogPage
from .log_params import LogParams
from .log_params_level import LogParamsLevel
from .log_status import LogStatus
from .markdown_extractor import MarkdownExtractor
from .markdown_params import MarkdownParams
from .max_age_criterion import MaxAgeCriterion
from .max_age_params import MaxAgeParams
from .max_depth_criterion import MaxDepthCriterion
from .max_depth_params import MaxDepthParams
from .max_empty_evaluations_criterion import MaxEmptyEvaluationsCriterion
from .max_empty_evaluations_params import MaxEmptyEvaluationsParams
from .max_urls_criterion import MaxUrlsCriterion
from .max_urls_params import MaxUrlsParams
from .metrics import Metrics
from .metrics_bucket import MetricsBucket
from .mutate_headers_middleware import MutateHeadersMiddleware
from .mutate_headers_params import MutateHeadersParams
from .mutate_headers_params_on import MutateHeadersParamsOn
from .no_params import NoParams
from .other_hosts_type_0 import OtherHostsType0
from .other_kind import OtherKind
from .pipeline import Pipeline
from .progress import Progress
from .raw_extractor import RawExtractor
from .reason import Reason
from .record import Record
from .regex_patterns_condition import RegexPatternsCondition
from .regex_patterns_filter import RegexPatternsFilter
from .regex_patterns_params import RegexPatternsParams
from .request_headers import RequestHeaders
from .resolved_config import ResolvedConfig
from .resolved_config_external import ResolvedConfigExternal
from .resolved_fetcher import ResolvedFetcher
from .resolved_speed import ResolvedSpeed
from .resolved_traps import ResolvedTraps
from .responses import Responses
from .robots_txt_params import RobotsTxtParams
from .robots_txt_policy import RobotsTxtPolicy
from .rule_error import RuleError
from .rule_error_params import RuleErrorParams
from .run import Run
from .run_input import RunInput
from .run_page import RunPage
from .sanitize_mutator import SanitizeMutator
from .sanitize_params import SanitizeParams
from .searched_log_type_0 import SearchedLogType0
from .searched_type_0 import SearchedType0
from .seed_hosts_filter import SeedHostsFilter
from .seed_hosts_params import SeedHostsParams
from .set_language_middleware import SetLanguageMiddleware
from .set_language_params import SetLanguageParams
from .sitemap_params import SitemapParams
from .sitemap_seed import SitemapSeed
from .speed import Speed
from .static_list_params import StaticListParams
from .static_list_seed import StaticListSeed
from .status import Status
from .step import Step
from .stop_reason import StopReason
from .text_extractor import TextExtractor
from .to_blob_action import ToBlobAction
from .to_blob_params import ToBlobParams
from .to_blob_params_key_strategy import ToBlobParamsKeyStrategy
from .traps import Traps
from .url_pattern import UrlPattern
from .url_pattern_hash import UrlPatternHash
from .url_patterns_condition import UrlPatternsCondition
from .url_patterns_filter import UrlPatternsFilter
from .url_patterns_params import UrlPatternsParams
from .wait_reason import WaitReason
from .window import Window
from .x_path_resolver import XPathResolver
from .x_path_resolver_params import XPathResolverParams

__all__ = (
    "AnchorNavigator",
    "Artifact",
    "ArtifactKind",
    "ArtifactPage",
    "AssetResolverParams",
    "AssetResolverStep",
    "AssetsNavigator",
    "BasicAuth",
    "Bearer",
    "BreadthRanker",
    "BudgetFilter",
    "BudgetParams",
    "ConditionStep",
    "Config",
    "ConfigExternal",
    "Cookie",
    "DataField",
    "DataMap",
    "DataMapExtractor",
    "DataMapParams",
    "DataSource",
    "DataSourceKind",
    "DataSourceParams",
    "DepthRanker",
    "Edge",
    "EdgeKind",
    "EdgePage",
    "ErrorReason",
    "ExclusiveCriterion",
    "ExclusiveParams",
    "ExclusiveParamsBy",
    "Export",
    "ExportFormat",
    "ExportInput",
    "ExportPage",
    "ExportProgress",
    "ExportState",
    "ExpressionCondition",
    "ExpressionParams",
    "ExtractorStep",
    "Fetcher",
    "FieldError",
    "Host",
    "HostOrder",
    "HostPage",
    "Job",
    "JobInput",
    "JobPage",
    "JobPatch",
    "LabelFilter",
    "LabelSet",
    "Latency",
    "LatencyBucket",
    "LatencySeries",
    "Link",
    "LinkPage",
    "LinkState",
    "ListJobRunsView",
    "ListJobsView",
    "ListRunsView",
    "LogAction",
    "LogEntry",
    "LogPage",
    "LogParams",
    "LogParamsLevel",
    "LogStatus",
    "MarkdownExtractor",
    "MarkdownParams",
    "MaxAgeCriterion",
    "MaxAgeParams",
    "MaxDepthCriterion",
    "MaxDepthParams",
    "MaxEmptyEvaluationsCriterion",
    "MaxEmptyEvaluationsParams",
    "MaxUrlsCriterion",
    "MaxUrlsParams",
    "Metrics",
    "MetricsBucket",
    "MutateHeadersMiddleware",
    "MutateHeadersParams",
    "MutateHeadersParamsOn",
    "NoParams",
    "OtherHostsType0",
    "OtherKind",
    "Pipeline",
    "Progress",
    "RawExtractor",
    "Reason",
    "Record",
    "RegexPatternsCondition",
    "RegexPatternsFilter",
    "RegexPatternsParams",
    "RequestHeaders",
    "ResolvedConfig",
    "ResolvedConfigExternal",
    "ResolvedFetcher",
    "ResolvedSpeed",
    "ResolvedTraps",
    "Responses",
    "RobotsTxtParams",
    "RobotsTxtPolicy",
    "RuleError",
    "RuleErrorParams",
    "Run",
    "RunInput",
    "RunPage",
    "SanitizeMutator",
    "SanitizeParams",
    "SearchedLogType0",
    "SearchedType0",
    "SeedHostsFilter",
    "SeedHostsParams",
    "SetLanguageMiddleware",
    "SetLanguageParams",
    "SitemapParams",
    "SitemapSeed",
    "Speed",
    "StaticListParams",
    "StaticListSeed",
    "Status",
    "Step",
    "StopReason",
    "TextExtractor",
    "ToBlobAction",
    "ToBlobParams",
    "ToBlobParamsKeyStrategy",
    "Traps",
    "UrlPattern",
    "UrlPatternHash",
    "UrlPatternsCondition",
    "UrlPatternsFilter",
    "UrlPatternsParams",
    "WaitReason",
    "Window",
    "XPathResolver",
    "XPathResolverParams",
)
