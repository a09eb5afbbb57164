"""Parse the URL in the form into the base URL of the proxy."""

import re

import httpx

from translation.form.reader import SettingsError, shown, without_unseen

_EXAMPLE = "such as http://litellm:4000 or https://gateway.example.com/llm"
_QUOTES = "\"'`<>“”‘’«»"
_ENDPOINT = re.compile(
    r"/(?:chat/completions|completions|responses|embeddings|rerank|moderations|models"
    r"|audio/transcriptions|audio/speech|images/(?:generations|edits)|model/info|model_group/info)$"
)
_PAGE = re.compile(r"/(?:ui(?:/.*)?|docs|redoc|openapi\.json|health/\w+)$")
"""LiteLLM's own pages, as copied from a browser, with any query and fragment."""
_VERSION = re.compile(r"/v[12]$")
_ONE_SLASH = re.compile(r"(https?):/(?=[^/])", re.IGNORECASE)


def base_url(text: str) -> str:
    """Return scheme, host and path prefix, without endpoint, page and `/v1`.

    Raises SettingsError, with the reason, for anything but a plain http(s) URL.
    """
    text = without_unseen(text).strip().strip(_QUOTES).strip()
    if not text:
        message = f"Base URL is missing: give the URL of the LiteLLM proxy, {_EXAMPLE}."
        raise SettingsError(message)
    if one_slash := _ONE_SLASH.match(text):
        message = f"Base URL lacks a slash: it begins with {one_slash[1].lower()}://, {_EXAMPLE}."
        raise SettingsError(message)
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError):
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host:
        message = f"Base URL must be a URL {_EXAMPLE}, not {shown(text)}."
        raise SettingsError(message)
    path = url.path.rstrip("/")
    page = _PAGE.search(path)
    if url.userinfo or ((url.query or url.fragment) and not page):
        message = f"Base URL must be a plain URL {_EXAMPLE}: without a password, ? or #."
        raise SettingsError(message)
    plain = str(url.copy_with(query=None, fragment=None)).rstrip("/")
    if page:
        return _without(_VERSION, _without(_PAGE, plain))
    # /v2 is LiteLLM's only in front of an endpoint; otherwise it is a prefix of a gateway.
    endpoint = _without(_ENDPOINT, plain)
    return (
        _without(_VERSION, endpoint) if endpoint != plain else plain.removesuffix("/v1").rstrip("/")
    )


def _without(end: re.Pattern[str], url: str) -> str:
    return end.sub("", url).rstrip("/")
