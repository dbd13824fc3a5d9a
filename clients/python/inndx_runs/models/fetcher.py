from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.basic_auth import BasicAuth
    from ..models.bearer import Bearer
    from ..models.cookie import Cookie
    from ..models.mutate_headers_middleware import MutateHeadersMiddleware
    from ..models.other_kind import OtherKind
    from ..models.request_headers import RequestHeaders
    from ..models.set_language_middleware import SetLanguageMiddleware


T = TypeVar("T", bound="Fetcher")


@_attrs_define
class Fetcher:
    """The bounds of one fetch, and what is sent with it. A credential is sent only to its `hosts`:
    `headers` with hosts, `basic_auth`, `bearer` and `cookies`. At most one of `basic_auth`,
    `bearer` and the header `Authorization` is sent to a host.

        Attributes:
            accept_language (str | Unset): The header `Accept-Language` of requests.
            basic_auth (BasicAuth | Unset): A user name and a password for HTTP Basic authentication (RFC 7617).
            bearer (Bearer | Unset): A bearer token (RFC 6750).
            cookie_jar (bool | Unset): Whether the run keeps cookies and sends them back, as RFC 6265 defines. Runs do not
                share cookies. The `config` of a run has this member only if it is false.
            cookies (list[Cookie] | Unset): Cookies that are sent from the first fetch on. A host has at most one of each
                name.
            headers (RequestHeaders | Unset): Headers of requests by their names. Upper and lower case are the same, and
                responses have
                the usual form, such as `X-Api-Key`. `Cookie`, `User-Agent`, `Proxy-Authorization` and the
                headers that belong to the connection, such as `Host`, are refused.
            max_body_bytes (int | Unset): How many bytes of a body are read.
            max_redirects (int | Unset): How many redirects in a row are followed.
            max_retries (int | Unset): Attempts after the first one, if there was no response or it was 429, 500, 502, 503
                or 504.
            middleware (list[MutateHeadersMiddleware | OtherKind | SetLanguageMiddleware] | Unset): Changes of requests
                before they are sent, and of responses before anything reads them,
                applied in order and after the other members. They apply to every host.
            proxy (Any | Unset): A secret: the URL of a proxy, with `http`, `https` or `socks5`, that all fetches use. A
                host is
                fetched only if it also resolves to public addresses without the proxy, unless the
                service allows private ones. Responses have `***` in the place of the proxy's user name
                and password.
            timeout (str | Unset): A duration such as `30s`, `1m30s` or `6h`: numbers with the units `h`, `m`, `s`, `ms`,
                `us`
                or `ns`. Responses use the shortest form: `6h`, not `6h0m0s`.
    """

    accept_language: str | Unset = UNSET
    basic_auth: BasicAuth | Unset = UNSET
    bearer: Bearer | Unset = UNSET
    cookie_jar: bool | Unset = UNSET
    cookies: list[Cookie] | Unset = UNSET
    headers: RequestHeaders | Unset = UNSET
    max_body_bytes: int | Unset = UNSET
    max_redirects: int | Unset = UNSET
    max_retries: int | Unset = UNSET
    middleware: list[MutateHeadersMiddleware | OtherKind | SetLanguageMiddleware] | Unset = UNSET
    proxy: Any | Unset = UNSET
    timeout: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.mutate_headers_middleware import MutateHeadersMiddleware  # noqa: PLC0415
        from ..models.set_language_middleware import SetLanguageMiddleware  # noqa: PLC0415

        accept_language = self.accept_language

        basic_auth: dict[str, Any] | Unset = UNSET
        if not isinstance(self.basic_auth, Unset):
            basic_auth = self.basic_auth.to_dict()

        bearer: dict[str, Any] | Unset = UNSET
        if not isinstance(self.bearer, Unset):
            bearer = self.bearer.to_dict()

        cookie_jar = self.cookie_jar

        cookies: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.cookies, Unset):
            cookies = []
            for cookies_item_data in self.cookies:
                cookies_item = cookies_item_data.to_dict()
                cookies.append(cookies_item)

        headers: dict[str, Any] | Unset = UNSET
        if not isinstance(self.headers, Unset):
            headers = self.headers.to_dict()

        max_body_bytes = self.max_body_bytes

        max_redirects = self.max_redirects

        max_retries = self.max_retries

        middleware: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.middleware, Unset):
            middleware = []
            for middleware_item_data in self.middleware:
                middleware_item: dict[str, Any]
                if isinstance(middleware_item_data, SetLanguageMiddleware):
                    middleware_item = middleware_item_data.to_dict()
                elif isinstance(middleware_item_data, MutateHeadersMiddleware):
                    middleware_item = middleware_item_data.to_dict()
                else:
                    middleware_item = middleware_item_data.to_dict()

                middleware.append(middleware_item)

        proxy = self.proxy

        timeout = self.timeout

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if accept_language is not UNSET:
            field_dict["accept_language"] = accept_language
        if basic_auth is not UNSET:
            field_dict["basic_auth"] = basic_auth
        if bearer is not UNSET:
            field_dict["bearer"] = bearer
        if cookie_jar is not UNSET:
            field_dict["cookie_jar"] = cookie_jar
        if cookies is not UNSET:
            field_dict["cookies"] = cookies
        if headers is not UNSET:
            field_dict["headers"] = headers
        if max_body_bytes is not UNSET:
            field_dict["max_body_bytes"] = max_body_bytes
        if max_redirects is not UNSET:
            field_dict["max_redirects"] = max_redirects
        if max_retries is not UNSET:
            field_dict["max_retries"] = max_retries
        if middleware is not UNSET:
            field_dict["middleware"] = middleware
        if proxy is not UNSET:
            field_dict["proxy"] = proxy
        if timeout is not UNSET:
            field_dict["timeout"] = timeout

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.basic_auth import BasicAuth  # noqa: PLC0415
        from ..models.bearer import Bearer  # noqa: PLC0415
        from ..models.cookie import Cookie  # noqa: PLC0415
        from ..models.mutate_headers_middleware import MutateHeadersMiddleware  # noqa: PLC0415
        from ..models.other_kind import OtherKind  # noqa: PLC0415
        from ..models.request_headers import RequestHeaders  # noqa: PLC0415
        from ..models.set_language_middleware import SetLanguageMiddleware  # noqa: PLC0415

        d = dict(src_dict)
        accept_language = d.pop("accept_language", UNSET)

        _basic_auth = d.pop("basic_auth", UNSET)
        basic_auth: BasicAuth | Unset
        if isinstance(_basic_auth, Unset):
            basic_auth = UNSET
        else:
            basic_auth = BasicAuth.from_dict(_basic_auth)

        _bearer = d.pop("bearer", UNSET)
        bearer: Bearer | Unset
        if isinstance(_bearer, Unset):
            bearer = UNSET
        else:
            bearer = Bearer.from_dict(_bearer)

        cookie_jar = d.pop("cookie_jar", UNSET)

        _cookies = d.pop("cookies", UNSET)
        cookies: list[Cookie] | Unset = UNSET
        if _cookies is not UNSET:
            cookies = []
            for cookies_item_data in _cookies:
                cookies_item = Cookie.from_dict(cookies_item_data)

                cookies.append(cookies_item)

        _headers = d.pop("headers", UNSET)
        headers: RequestHeaders | Unset
        if isinstance(_headers, Unset):
            headers = UNSET
        else:
            headers = RequestHeaders.from_dict(_headers)

        max_body_bytes = d.pop("max_body_bytes", UNSET)

        max_redirects = d.pop("max_redirects", UNSET)

        max_retries = d.pop("max_retries", UNSET)

        _middleware = d.pop("middleware", UNSET)
        middleware: list[MutateHeadersMiddleware | OtherKind | SetLanguageMiddleware] | Unset = (
            UNSET
        )
        if _middleware is not UNSET:
            middleware = []
            for middleware_item_data in _middleware:

                def _parse_middleware_item(
                    data: object,
                ) -> MutateHeadersMiddleware | OtherKind | SetLanguageMiddleware:
                    try:
                        if not isinstance(data, dict):
                            raise TypeError()
                        componentsschemas_fetcher_middleware_type_0 = (
                            SetLanguageMiddleware.from_dict(data)
                        )

                        return componentsschemas_fetcher_middleware_type_0
                    except (TypeError, ValueError, AttributeError, KeyError):
                        pass
                    try:
                        if not isinstance(data, dict):
                            raise TypeError()
                        componentsschemas_fetcher_middleware_type_1 = (
                            MutateHeadersMiddleware.from_dict(data)
                        )

                        return componentsschemas_fetcher_middleware_type_1
                    except (TypeError, ValueError, AttributeError, KeyError):
                        pass
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_fetcher_middleware_type_2 = OtherKind.from_dict(data)

                    return componentsschemas_fetcher_middleware_type_2

                middleware_item = _parse_middleware_item(middleware_item_data)

                middleware.append(middleware_item)

        proxy = d.pop("proxy", UNSET)

        timeout = d.pop("timeout", UNSET)

        fetcher = cls(
            accept_language=accept_language,
            basic_auth=basic_auth,
            bearer=bearer,
            cookie_jar=cookie_jar,
            cookies=cookies,
            headers=headers,
            max_body_bytes=max_body_bytes,
            max_redirects=max_redirects,
            max_retries=max_retries,
            middleware=middleware,
            proxy=proxy,
            timeout=timeout,
        )

        return fetcher
