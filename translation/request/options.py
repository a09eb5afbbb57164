"""Build LiteLLM's own request options from form, app and end user."""

from collections.abc import Iterator, Mapping
from hashlib import sha256

from litellm_proxy.wire.options import RequestOptions
from litellm_proxy.wire.reading import Json
from litellm_proxy.wire.request import merged
from translation.facts.parameter_rules import END_USER, EXTRA_BODY, SESSION, TAGS
from translation.form.caller_headers import filled
from translation.form.labels import label_of
from translation.form.reader import FormReader, SettingsError, parse_json_object
from translation.form.settings import EXTRA_BODY_EXAMPLE, EndUser, Settings
from translation.request.app_key import UNRESOLVED

MAX_NAME_CHARACTERS = 255
_HASH_CHARACTERS = 32
_IGNORED_FIELDS = ("stream_options",)
"""All other fields that Dify sets are always sent, and replace extra fields."""
_FORBIDDEN_FIELDS = {
    "n": "Dify shows one answer",
    "stream": "Dify decides it for each call",
    "timeout": "set Timeout in the model's form",
}
_HEADERS = "headers for the provider are set in the model's form"
_FORBIDDEN_APP_FIELDS = dict.fromkeys(
    ("extra_headers", "headers", "provider_specific_header"), _HEADERS
)
"""LiteLLM 1.106 sends all three to the provider (litellm main.py)."""


def request_options(
    settings: Settings,
    user: str | None = None,
    *,
    app_id: str | None = None,
    parameters: Mapping[str, Json] | None = None,
) -> RequestOptions:
    """Return the options of one call.

    `parameters` are the app's; they replace values of the form and of Dify, except that tags are
    joined. Raises SettingsError for extra fields that are not a JSON object or are forbidden, and
    for parameters that are too long.
    """
    app = FormReader(parameters or {})
    by_app = _fields_of(app)
    for fields in (by_app, *_fallbacks(by_app)):
        _refuse(fields, _FORBIDDEN_APP_FIELDS)
    for fields in (settings.extra_body, by_app):
        _require_mergeable(fields)
    extra = merged({"drop_params": True} if settings.drop_params else {}, settings.extra_body)
    extra = merged(extra, by_app)
    _refuse(extra, _FORBIDDEN_FIELDS)
    for name in _IGNORED_FIELDS:
        extra.pop(name, None)
    end_user = _resolved(app.text(END_USER, MAX_NAME_CHARACTERS)) or _end_user(settings, user)
    session = _resolved(app.text(SESSION, MAX_NAME_CHARACTERS)) or None
    caller = {"user": end_user, "app": app_id, "session": session}
    return RequestOptions(
        user=end_user,
        tags=tuple(dict.fromkeys([*settings.tags, *filter(_resolved, app.names(TAGS))])),
        app=(app_id or None) if settings.tag_of_the_app else None,
        session_id=session,
        headers=filled(settings.caller_headers, caller),
        extra=extra,
    )


def _fields_of(app: FormReader) -> dict[str, Json]:
    """Parse the app's extra fields; Dify inserts values of variables without escaping."""
    try:
        return parse_json_object(EXTRA_BODY, app.text(EXTRA_BODY), EXTRA_BODY_EXAMPLE)
    except SettingsError as error:
        hint = "A variable in it may have held a quotation mark or a line break."
        message = f"{error} {hint}"
        raise SettingsError(message) from None


def _resolved(text: str) -> str:
    """Return an app's text, "" if it has an unresolved variable."""
    return "" if UNRESOLVED.search(text) else text


def probe_options(settings: Settings) -> RequestOptions:
    """Return the options of the plugin's own probe requests."""
    user = None if settings.end_user is EndUser.OFF else "dify"
    caller = {"user": user, "app": None, "session": None}
    headers = filled(settings.caller_headers, caller)
    return RequestOptions(user=user, tags=settings.tags, headers=headers)


def _end_user(settings: Settings, user: str | None) -> str | None:
    match settings.end_user:
        case EndUser.RAW:
            return user or None
        case EndUser.HASHED:
            return hashed_user(user) if user else None
        case EndUser.OFF:
            return None


def hashed_user(user: str) -> str:
    """Return the hash of a user's id that *End User* can send in its place."""
    return sha256(user.encode()).hexdigest()[:_HASH_CHARACTERS]


def _fallbacks(extra: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """Yield LiteLLM fallbacks with request fields of their own."""
    fallbacks = extra.get("fallbacks")
    yield from (
        (each for each in fallbacks if isinstance(each, dict))
        if isinstance(fallbacks, list)
        else ()
    )


def _require_mergeable(extra: Mapping[str, Json]) -> None:
    """Raise SettingsError for metadata and tags that cannot be merged."""
    metadata = extra.get("metadata", {})
    if not isinstance(metadata, dict):
        message = (
            f'{label_of(EXTRA_BODY)}: metadata must be a JSON object such as {{"tags": ["a"]}}.'
        )
        raise SettingsError(message)
    for tags in (extra.get("tags", []), metadata.get("tags", [])):
        if not (isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)):
            message = f'{label_of(EXTRA_BODY)}: tags must be a list of texts such as ["a", "b"].'
            raise SettingsError(message)


def _refuse(extra: Mapping[str, Json], reasons: Mapping[str, str]) -> None:
    for name, reason in reasons.items():
        if name in extra:
            message = f"{label_of(EXTRA_BODY)} cannot set {name}: {reason}."
            raise SettingsError(message)
