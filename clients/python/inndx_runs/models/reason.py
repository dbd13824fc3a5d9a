from enum import StrEnum


class Reason(StrEnum):
    BEING_DELETED = "being_deleted"
    BODY_TOO_LARGE = "body_too_large"
    CONFIG_OUTDATED = "config_outdated"
    ETAG_MISMATCH = "etag_mismatch"
    EXCLUSIVE = "exclusive"
    EXISTS = "exists"
    FOREIGN_HOST = "foreign_host"
    FOREIGN_ORIGIN = "foreign_origin"
    HEADER_TOO_LARGE = "header_too_large"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    INTERNAL = "internal"
    INVALID = "invalid"
    INVALID_CURSOR = "invalid_cursor"
    MALFORMED_BODY = "malformed_body"
    MALFORMED_REQUEST = "malformed_request"
    NOT_KEPT = "not_kept"
    NO_SUCH_ARTIFACT = "no_such_artifact"
    NO_SUCH_EXPORT = "no_such_export"
    NO_SUCH_JOB = "no_such_job"
    NO_SUCH_PATH = "no_such_path"
    NO_SUCH_RUN = "no_such_run"
    NO_TENANT = "no_tenant"
    OTHER_TENANT = "other_tenant"
    RANGE_NOT_SATISFIABLE = "range_not_satisfiable"
    REQUEST_IN_PROGRESS = "request_in_progress"
    STORE_BUSY = "store_busy"
    STORE_THROTTLED = "store_throttled"
    STORE_UNAVAILABLE = "store_unavailable"
    TIMEOUT = "timeout"
    TOO_MANY_EXPORTS = "too_many_exports"
    TOO_MANY_STREAMS = "too_many_streams"
    UNFINISHED_RUNS = "unfinished_runs"
    UNSUPPORTED_EXPECTATION = "unsupported_expectation"
    UNSUPPORTED_HTTP_VERSION = "unsupported_http_version"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    UNSUPPORTED_TRANSFER_ENCODING = "unsupported_transfer_encoding"
    USE_WAIT = "use_wait"
    WRONG_METHOD = "wrong_method"
    WRONG_STATE = "wrong_state"

    @classmethod
    def _missing_(cls, value: object) -> "Reason | None":
        """Makes a member of a value that a later version of the service sends."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member
