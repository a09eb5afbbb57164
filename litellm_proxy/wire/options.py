"""What LiteLLM takes in a request beside the fields of the OpenAI format, on every endpoint."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Self

from litellm_proxy.wire.concessions import NONE, Concession, Concessions
from litellm_proxy.wire.reading import Json

_TAGS = "x-litellm-tags"
_SESSION = "x-litellm-session-id"
_END_USER = "x-litellm-end-user-id"


class _Place(Enum):
    """Where a body tells the end user."""

    LITELLM_METADATA = auto()
    METADATA = auto()
    BODY = auto()


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """Who a call is for, and what else is asked of the proxy; what is not set is not sent.

    `user` is the end user, `tags` are LiteLLM's request tags that somebody asked for, `app` is the
    id of Dify's app, `session_id` groups calls in LiteLLM's logs (as `litellm_trace_id`, which no
    version since 1.60 passes on, while `litellm_session_id` was up to 1.65). `extra` holds further
    fields of the body, which the request's own fields win over. `concessions`: what is left out of
    this.
    """

    user: str | None = None
    tags: tuple[str, ...] = ()
    app: str | None = None
    session_id: str | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)
    concessions: Concessions = NONE

    def conceding(self, concessions: Concessions) -> Self:
        """Return the options with further concessions."""
        return replace(self, concessions=self.concessions | concessions)

    def open_concessions(self) -> Iterator[Concession]:
        """Yield what could still be given up of these options, the most specific first."""
        told_apart = {Concession.NO_END_USER, Concession.END_USER_IN_BODY}.isdisjoint
        if self.user and told_apart(self.concessions):
            yield Concession.END_USER_IN_BODY
            yield Concession.NO_END_USER
        if self.app and Concession.NO_TAG_OF_THE_APP not in self.concessions:
            yield Concession.NO_TAG_OF_THE_APP
        if self._metadata() and Concession.NO_METADATA not in self.concessions:
            yield Concession.NO_METADATA
        if self.session_id and Concession.NO_SESSION not in self.concessions:
            yield Concession.NO_SESSION
        if Concession.ANY_TYPE not in self.concessions:
            yield Concession.ANY_TYPE

    def body(self, own: Mapping[str, Json]) -> dict[str, Json]:
        """Return the fields of a request body; of `own`, those that are set."""
        place = self._place_of_user()
        ours: dict[str, Json] = {
            "user": self.user if place is _Place.BODY else None,
            "litellm_metadata": {"user": self.user} if place is _Place.LITELLM_METADATA else None,
            "litellm_trace_id": self._unless(Concession.NO_SESSION, self.session_id),
            "metadata": self._unless(Concession.NO_METADATA, self._metadata() or None),
            **own,
        }
        return merged(
            self.extra, {name: value for name, value in ours.items() if value is not None}
        )

    def headers(self, *, in_form: bool = False) -> Mapping[str, str]:
        """Return what goes into headers; what a header cannot hold is left out there.

        `in_form`: the body is a multipart form, of whose metadata LiteLLM up to 1.77 makes nothing but a
        fault.
        """
        headers: dict[str, str] = {}
        if Concession.ANY_TYPE in self.concessions:
            headers["Accept"] = "*/*"
        session = self._unless(Concession.NO_SESSION, self.session_id)
        if session and _can_be_sent(session):
            headers[_SESSION] = session
        if in_form and (user := self._user_of_a_form()):
            headers[_END_USER] = user
        if in_form or Concession.NO_METADATA in self.concessions:
            tags = [tag for tag in self._tags() if _can_be_sent(tag)]
            if tags:
                headers[_TAGS] = ",".join(tags)
        return headers

    def to_json(self, **own: Json) -> bytes:
        """Return a request body as JSON."""
        return json.dumps(self.body(own), separators=(",", ":")).encode()

    def to_form(self, **own: str) -> dict[str, str]:
        """Return the fields of a multipart form; what is no text goes as JSON, as LiteLLM reads it.

        A user and tags that headers can hold are there alone.
        """
        body = self.body(own)
        if self._user_of_a_form() and not self.extra.get("litellm_metadata"):
            body.pop("litellm_metadata", None)
        old = Concession.END_USER_IN_METADATA in self.concessions
        if (old or all(map(_can_be_sent, self._tags()))) and not self.extra.get("metadata"):
            body.pop("metadata", None)
        return {
            name: _encodable(value) if isinstance(value, str) else json.dumps(value)
            for name, value in body.items()
        }

    def _unless[T](self, concession: Concession, value: T) -> T | None:
        return None if concession in self.concessions else value

    def _place_of_user(self) -> _Place | None:
        """Return where LiteLLM is told the end user in a body, None if it is not told."""
        if not self.user or Concession.NO_END_USER in self.concessions:
            return None
        if Concession.END_USER_IN_BODY in self.concessions:
            return _Place.BODY
        if Concession.END_USER_IN_METADATA in self.concessions:
            return _Place.METADATA
        return _Place.LITELLM_METADATA

    def _user_of_a_form(self) -> str | None:
        """Return the end user where a form's header tells it instead of an object in the form."""
        in_an_object = self._place_of_user() in {_Place.METADATA, _Place.LITELLM_METADATA}
        return self.user if in_an_object and self.user and _can_be_sent(self.user) else None

    def _tags(self) -> Sequence[str]:
        tagged = self.app and Concession.NO_TAG_OF_THE_APP not in self.concessions
        return [*self.tags, *([f"dify-app:{self.app}"] if tagged else [])]

    def _metadata(self) -> dict[str, Json]:
        metadata: dict[str, Json] = {}
        if self._place_of_user() is _Place.METADATA:
            metadata["user_id"] = self.user
        if tags := self._tags():
            metadata["tags"] = list(tags)
        if self.app and Concession.NO_TAG_OF_THE_APP in self.concessions:
            metadata["spend_logs_metadata"] = {"dify_app": self.app}
        return metadata


NO_OPTIONS = RequestOptions()


class ProxyRequest:
    """What all requests share: their options, and what they can concede."""

    __slots__ = ()
    options: RequestOptions

    def conceding(self, concessions: Concessions) -> Self:
        """Return the request with further concessions."""
        if concessions <= self.options.concessions:
            return self
        return replace(self, options=self.options.conceding(concessions))  # type: ignore[type-var]

    def open_concessions(self) -> Iterator[Concession]:
        """Yield what could still be given up of this request, the most specific first."""
        return self.options.open_concessions()

    def sent_text(self) -> str:
        """Return what a provider may quote when it rejects the request."""
        to_json = getattr(self, "to_json", None)
        body: bytes = to_json() if to_json else b""
        # JSON writes other letters as escapes.
        return json.dumps(json.loads(body), ensure_ascii=False) if body else ""


def merged(base: Mapping[str, Json], over: Mapping[str, Json]) -> dict[str, Json]:
    """Return both bodies as one: `over` wins, metadata is merged within, and tags are joined."""
    return _merged(base, over, within=("metadata", "litellm_metadata"))


def _merged(
    base: Mapping[str, Json], over: Mapping[str, Json], within: Collection[str] | None = None
) -> dict[str, Json]:
    """Merge objects under the names `within`, or under all."""
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


def _can_be_sent(text: str) -> bool:
    """Return whether a header can hold a text, in a list of several."""
    return text.isascii() and text.isprintable() and "," not in text


def _encodable(text: str) -> str:
    """Return a text without halves of characters, which JSON can hold and a form cannot."""
    return text.encode(errors="replace").decode()
