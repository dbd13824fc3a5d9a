from enum import StrEnum


class StopReason(StrEnum):
    EMPTY_SEED = "empty_seed"
    MANUAL = "manual"
    MAX_AGE = "max_age"
    MAX_DEPTH = "max_depth"
    MAX_EMPTY_EVALUATIONS = "max_empty_evaluations"
    MAX_URLS = "max_urls"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> "StopReason | None":
        """Makes a member of a value that a later version of the service sends."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member
