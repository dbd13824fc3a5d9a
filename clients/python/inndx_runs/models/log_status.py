from enum import StrEnum


class LogStatus(StrEnum):
    ERROR = "error"
    EXCLUDED = "excluded"
    OK = "ok"

    @classmethod
    def _missing_(cls, value: object) -> "LogStatus | None":
        """Makes a member of a value that a later version of the service sends."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member
