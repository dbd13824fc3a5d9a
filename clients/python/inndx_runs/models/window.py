from enum import StrEnum


class Window(StrEnum):
    VALUE_0 = "10s"
    VALUE_1 = "30s"
    VALUE_10 = "1d"
    VALUE_2 = "1m"
    VALUE_3 = "5m"
    VALUE_4 = "10m"
    VALUE_5 = "30m"
    VALUE_6 = "1h"
    VALUE_7 = "3h"
    VALUE_8 = "6h"
    VALUE_9 = "12h"

    @classmethod
    def _missing_(cls, value: object) -> "Window | None":
        """Makes a member of a value that a later version of the service sends."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member
