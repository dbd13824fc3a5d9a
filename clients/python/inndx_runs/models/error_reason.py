from enum import StrEnum


class ErrorReason(StrEnum):
    ADDRESS_REFUSED = "address_refused"
    BUDGET = "budget"
    DNS = "dns"
    ENCODING = "encoding"
    EXTRACT_FAILED = "extract_failed"
    EXTRACT_TOO_SLOW = "extract_too_slow"
    FILTERS_TOO_SLOW = "filters_too_slow"
    HEADER_TOO_LARGE = "header_too_large"
    HTTP_STATUS = "http_status"
    INCOMPLETE = "incomplete"
    INCOMPLETE_SITEMAP = "incomplete_sitemap"
    INTERNAL = "internal"
    INVALID_REDIRECT = "invalid_redirect"
    INVALID_SITEMAP = "invalid_sitemap"
    INVALID_URL = "invalid_url"
    MAX_REDIRECTS = "max_redirects"
    PROTOCOL = "protocol"
    PROXY = "proxy"
    QUEUE_FULL = "queue_full"
    REDIRECT_LOOP = "redirect_loop"
    REFUSED = "refused"
    REGEX_PATTERNS = "regex_patterns"
    RESET = "reset"
    ROBOTS_TXT = "robots_txt"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    SEED_HOSTS = "seed_hosts"
    SITEMAP_LIMIT = "sitemap_limit"
    TIMEOUT = "timeout"
    TLS = "tls"
    TOO_MANY_LINKS = "too_many_links"
    TRAP_DEPTH = "trap_depth"
    TRAP_HOST = "trap_host"
    TRAP_PATH = "trap_path"
    TRAP_VARIANTS = "trap_variants"
    TRUNCATED = "truncated"
    URL_PATTERNS = "url_patterns"
    URL_TOO_LONG = "url_too_long"

    @classmethod
    def _missing_(cls, value: object) -> "ErrorReason | None":
        """Makes a member of a value that a later version of the service sends."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member
