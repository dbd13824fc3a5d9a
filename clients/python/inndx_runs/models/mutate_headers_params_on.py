from enum import StrEnum


class MutateHeadersParamsOn(StrEnum):
    REQUEST = "request"
    RESPONSE = "response"

    @classmethod
    def _missing_(cls, value: object) -> "MutateHeadersParamsOn | None":
        """Makes a member of a value that a later version of the service sends."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member
