"""What LiteLLM takes in a request beside the fields of the OpenAI format, on every endpoint."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from litellm_proxy.wire.reading import Json


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """Who a call is for, and what else is asked of the proxy; what is not set is not sent.

    `user` is the end user, `tags` are LiteLLM's request tags, `session_id` groups calls in its logs;
    all go into the body, where every character is allowed and `enforce_user_param` looks for the
    user. `extra` holds further fields of the body, which the request's own fields win over.
    """

    user: str | None = None
    tags: tuple[str, ...] = ()
    session_id: str | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)

    def body(self, own: Mapping[str, Json]) -> dict[str, Json]:
        """Return the fields of a request body; of `own`, those that are set."""
        ours: dict[str, Json] = {
            "user": self.user,
            "litellm_session_id": self.session_id,
            "metadata": {"tags": list(self.tags)} if self.tags else None,
            **own,
        }
        return merged(
            self.extra, {name: value for name, value in ours.items() if value is not None}
        )

    def to_json(self, **own: Json) -> bytes:
        """Return a request body as JSON."""
        return json.dumps(self.body(own), separators=(",", ":")).encode()

    def to_form(self, **own: str) -> dict[str, str]:
        """Return the fields of a multipart form; what is no text goes as JSON, as LiteLLM reads it."""
        return {
            name: _encodable(value) if isinstance(value, str) else json.dumps(value)
            for name, value in self.body(own).items()
        }


NO_OPTIONS = RequestOptions()


def merged(base: Mapping[str, Json], over: Mapping[str, Json]) -> dict[str, Json]:
    """Return both bodies as one: `over` wins, metadata is merged within, and tags are joined."""
    return _merged(base, over, within=("metadata",))


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


def _encodable(text: str) -> str:
    """Return a text without halves of characters, which JSON can hold and a form cannot."""
    return text.encode(errors="replace").decode()
