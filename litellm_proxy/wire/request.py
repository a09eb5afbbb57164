"""One request: the plugin's own fields, and extra fields of a user."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

from litellm_proxy.wire.reading import Json

TAGS_HEADER = "x-litellm-tags"
SESSION_HEADER = "x-litellm-session-id"
TRACE_HEADER = "traceparent"
_END_USER_HEADER = "x-litellm-end-user-id"

type FormFile = tuple[str, tuple[str, Any] | tuple[str, Any, str]]
"""A file of a multipart form as httpx accepts it: field, then file name, content and MIME type."""


class Requestable(Protocol):
    """An object that converts to a request."""

    def request(self) -> "Request":
        """Return the request."""


@dataclass(frozen=True, slots=True)
class Request:
    """A POST with a JSON object, or a multipart form with `files`.

    `own` are the fields that the plugin sets, `extra` the *Extra Fields* of the form or the app;
    `own` overrides `extra`. `unsent` is not sent: it holds data for fallbacks
    (`litellm_proxy.wire.rejected_requests.fallbacks`).
    """

    path: str
    own: Mapping[str, Json]
    extra: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    unsent: Mapping[str, Json] = field(default_factory=dict)
    files: Sequence[FormFile] = ()

    def request(self) -> Self:
        """Return the request itself."""
        return self

    def having(self, **own: Json) -> Self:
        """Return the request with these fields in `own`; None removes a field."""
        both = {**self.own, **own}
        return replace(self, own={name: value for name, value in both.items() if value is not None})

    def keeping(self, **unsent: Json) -> Self:
        """Return the request with these values in `unsent`."""
        return replace(self, unsent={**self.unsent, **unsent})

    def sending(self, **headers: str) -> Self:
        """Return the request with these headers; `_` in a name becomes `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})

    def body(self) -> dict[str, Json]:
        """Return the JSON object."""
        return merged(self.extra, self.own)

    def to_json(self) -> bytes:
        """Return the body as JSON."""
        return json.dumps(self.body(), separators=(",", ":")).encode()

    def to_form(self) -> dict[str, str]:
        """Return the fields of a multipart form; values other than strings are JSON.

        LiteLLM parses them. An end user and tags that fit into headers are sent only there: LiteLLM
        up to 1.77 returns an internal error for metadata in a form.
        """
        body = self.body()
        if self._form_user() and not self.extra.get("litellm_metadata"):
            body.pop("litellm_metadata", None)
        metadata = self.own.get("metadata") or {}
        in_headers = "user_id" in metadata or all(map(fits_a_header, metadata.get("tags", ())))
        if in_headers and not self.extra.get("metadata"):
            body.pop("metadata", None)
        return {
            name: _encodable(value) if isinstance(value, str) else json.dumps(value)
            for name, value in body.items()
        }

    def sent_headers(self) -> Mapping[str, str]:
        """Return the headers.

        For a form they include the end user and the tags.
        """
        return self.identity_headers() if self.files else self.headers

    def identity_headers(self) -> Mapping[str, str]:
        """Return headers with end user and tags, for requests without JSON."""
        headers = dict(self.headers)
        if user := self._form_user():
            headers[_END_USER_HEADER] = user
        if tags := header_tags(self):
            headers[TAGS_HEADER] = tags
        return headers

    def _form_user(self) -> str | None:
        user = end_user_of(self)
        return user if user and fits_a_header(user) else None


def end_user_of(request: Request) -> str | None:
    """Return the end user in LiteLLM's own fields, None if there is none."""
    told: str | None = (request.own.get("litellm_metadata") or {}).get("user")
    return told or (request.own.get("metadata") or {}).get("user_id")


def header_tags(request: Request) -> str:
    """Return the plugin's tags as a header value, without unsuitable ones."""
    return ",".join(filter(fits_a_header, (request.own.get("metadata") or {}).get("tags", ())))


def merged(base: Mapping[str, Json], over: Mapping[str, Json]) -> dict[str, Json]:
    """Merge two bodies: `over` overrides `base`, metadata is merged by key, tags are joined."""
    return _merged(base, over, within=("metadata", "litellm_metadata"))


def _merged(
    base: Mapping[str, Json], over: Mapping[str, Json], within: Collection[str] | None = None
) -> dict[str, Json]:
    """Merge nested objects under the keys `within`, all keys for None."""
    both = {**base, **over}
    for name in base.keys() & over.keys():
        match base[name], over[name]:
            case dict() as below, dict() as above if within is None or name in within:
                both[name] = _merged(below, above)
            case list() as below, list() as above if name == "tags":
                both[name] = [*below, *(tag for tag in above if tag not in below)]
            case _:
                pass
    return both


def fits_a_header(text: str) -> bool:
    """Return whether a text can be an item of a comma-separated header."""
    return text.isascii() and text.isprintable() and "," not in text


def _encodable(text: str) -> str:
    """Replace lone surrogates, which JSON can hold and a form cannot."""
    return text.encode(errors="replace").decode()
