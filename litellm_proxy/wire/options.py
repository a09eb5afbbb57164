"""LiteLLM's request fields that are not in the OpenAI format, for every endpoint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Self

from litellm_proxy.wire.reading import Json
from litellm_proxy.wire.request import (
    SESSION_HEADER,
    TRACE_HEADER,
    FormFile,
    Request,
    fits_a_header,
)

APP_TAG = "dify-app:"


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """The end user and other options of a request.

    An option that is not set is not sent. `user` is the end user, `tags` are the request tags of
    LiteLLM that an app or a form sets, `app` is the id of Dify's app, `session_id` groups calls in
    LiteLLM's logs (as `litellm_trace_id`, which no version since 1.60 passes to providers, unlike
    `litellm_session_id` up to 1.65). `extra` holds more body fields; the request's own fields
    override them. `headers` are sent too. `fallbacks` are the names of fallbacks known to be needed
    (`litellm_proxy.wire.rejected_requests.fallbacks`).
    """

    user: str | None = None
    tags: tuple[str, ...] = ()
    app: str | None = None
    session_id: str | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    fallbacks: frozenset[str] = frozenset()

    def knowing(self, fallbacks: frozenset[str]) -> Self:
        """Return the options with more fallbacks."""
        return replace(self, fallbacks=self.fallbacks | fallbacks)

    def request(
        self,
        path: str,
        own: Mapping[str, Json],
        *,
        unsent: Mapping[str, Json] | None = None,
        files: Sequence[FormFile] = (),
    ) -> Request:
        """Build a request; fields of `own` that are None are omitted.

        The end user is sent in `litellm_metadata`, which LiteLLM passes to no provider.
        """
        own_tag = [f"{APP_TAG}{self.app}"] if self.app else []
        tags = list(dict.fromkeys([*self.tags, *own_tag]))
        ours: dict[str, Json] = {
            "litellm_metadata": {"user": self.user} if self.user else None,
            "litellm_trace_id": self.session_id or None,
            "metadata": {"tags": tags} if tags else None,
            **own,
        }
        return Request(
            path,
            {name: value for name, value in ours.items() if value is not None},
            self.extra,
            {**_session_headers(self.session_id), **self.headers},
            {**(unsent or {}), "app": self.app},
            files,
        )


def _session_headers(session: str | None) -> dict[str, str]:
    """Return the headers of a session.

    Its trace id in `traceparent` (https://www.w3.org/TR/trace-context/#traceparent-header) is a digest
    of the session, so that all calls of a session are one trace.
    """
    if not session:
        return {}
    digest = sha256(session.encode(errors="replace")).hexdigest()
    trace = {TRACE_HEADER: f"00-{digest[:32]}-{digest[32:48]}-01"}
    return {**trace, SESSION_HEADER: session} if fits_a_header(session) else trace


NO_OPTIONS = RequestOptions()


class ProxyRequest:
    """Base class of all requests: they have options."""

    __slots__ = ()
    options: RequestOptions

    def request(self) -> Request:
        """Return the request in its first form, without fallbacks."""
        raise NotImplementedError

    def to_json(self) -> bytes:
        """Return the body."""
        return self.request().to_json()
