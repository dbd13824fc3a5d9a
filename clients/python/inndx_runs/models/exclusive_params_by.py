from enum import StrEnum


class ExclusiveParamsBy(StrEnum):
    JOB_ID = "job_id"
    LABELS = "labels"
    TENANT_ID = "tenant_id"

    @classmethod
    def _missing_(cls, value: object) -> "ExclusiveParamsBy | None":
        """Makes a member of a value that a later version of the service sends."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member
