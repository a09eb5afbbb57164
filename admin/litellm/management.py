"""Client for LiteLLM's management API: keys, spend, tags and customers."""

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, TypeAdapter

from admin.litellm.responses import (
    Activity,
    Customer,
    Deprecations,
    Key,
    KeyInfo,
    Keys,
    NewKey,
    SpendLogs,
    Tag,
)
from litellm_proxy.errors import ProxyError, ProxyRejected
from litellm_proxy.limits import MAX_BODY_BYTES
from litellm_proxy.rejection import Rejections
from litellm_proxy.sender import MAX_TRIES, Sender
from litellm_proxy.settings import ProxySettings
from litellm_proxy.wire.reading import Json
from translation.errors.messages import form_message

SECONDS = 120.0
_ROWS = 1000
_KEYS = 100
_MAX_PAGES = 1000


class Management:
    """LiteLLM's management API, for one key. Every method raises ProxyError only.

    Requests that change something are sent again only if LiteLLM surely did not get them.
    """

    def __init__(
        self, settings: ProxySettings, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._rejections = Rejections(settings)
        self._sender = Sender(settings, self._rejections, transport, SECONDS, MAX_TRIES)

    def activity(self, of: str, start: str, end: str) -> Iterator[Activity.Day]:
        """Yield the daily activity of "user", "team", "customer" or "tag", in parts.

        Both dates (YYYY-MM-DD, UTC) are included. A day may come several times, once for each page.
        """
        query = {"start_date": start, "end_date": end, "page_size": _ROWS}
        for page in range(1, _MAX_PAGES):
            path = f"/{of}/daily/activity?{urlencode({**query, 'page': page})}"
            answer = self._read(Activity, "GET", path)
            yield from answer.results
            if not answer.metadata.has_more:
                return

    def spend_logs(self, start: str, end: str, pages: int) -> Iterator[SpendLogs]:
        """Yield pages of calls, newest first, 1000 calls each, at most `pages`."""
        query = {
            "start_date": f"{start} 00:00:00",
            "end_date": f"{end} 23:59:59",
            "page_size": _ROWS,
        }
        for page in range(1, pages + 1):
            path = f"/spend/logs/v2?{urlencode({**query, 'page': page})}"
            answer = self._read(SpendLogs, "GET", path)
            yield answer
            if page >= answer.total_pages:
                return

    def own_key(self) -> Key:
        """Return the key of this client."""
        return self._read(KeyInfo, "GET", "/key/info").info

    def key(self, token: str) -> Key:
        """Return a key, named by its hash."""
        path = f"/key/info?{urlencode({'key': token})}"
        return self._read(KeyInfo, "GET", path).info.model_copy(update={"token": token})

    def keys(self) -> Iterator[Key]:
        """Yield all keys that this key may see."""
        for page in range(1, _MAX_PAGES):
            query = urlencode({"page": page, "size": _KEYS, "return_full_object": "true"})
            answer = self._read(Keys, "GET", f"/key/list?{query}")
            yield from answer.keys
            if page >= answer.total_pages:
                return

    def issue(self, fields: dict[str, Json]) -> NewKey:
        """Issue a key."""
        return self._read(NewKey, "POST", "/key/generate", fields)

    def change_key(self, token: str, **fields: Json) -> None:
        """Change a key, named by its hash."""
        self._send("POST", "/key/update", {"key": token, **fields})

    def delete_key(self, token: str) -> None:
        """Delete a key, named by its hash."""
        self._send("POST", "/key/delete", {"keys": [token]})

    def deprecations(self) -> Deprecations:
        """Return the models with a known deprecation date."""
        return self._read(Deprecations, "GET", "/v1/model/deprecations")

    def tags(self) -> list[Tag]:
        """Return all tags that are stored or were used."""
        return self._read_list(Tag, "/tag/list")

    def save_tag(self, tag: Tag, *, is_new: bool) -> None:
        """Create or change a tag."""
        path = "/tag/new" if is_new else "/tag/update"
        self._send("POST", path, tag.model_dump(exclude_none=True))

    def customers(self) -> list[Customer]:
        """Return all customers (end users)."""
        return self._read_list(Customer, "/customer/list")

    def save_customer(self, customer: Customer) -> None:
        """Change the alias of a customer; whether it is blocked stays."""
        self._send("POST", "/customer/update", customer.model_dump())

    def _read[A: BaseModel](
        self, answer: type[A], method: str, path: str, body: dict[str, Json] | None = None
    ) -> A:
        return self._rejections.parsed(answer.model_validate_json, self._send(method, path, body))

    def _read_list[A: BaseModel](self, row: type[A], path: str) -> list[A]:
        rows = TypeAdapter(list[row])  # type: ignore[valid-type]
        return self._rejections.parsed(rows.validate_json, self._send("GET", path))

    def _send(self, method: str, path: str, body: dict[str, Json] | None = None) -> bytes:
        content = None if body is None else json.dumps(body).encode()
        return self._sender.send(method, path, content).body(MAX_BODY_BYTES)


def quoted(error: ProxyError) -> str:
    """Return the server's own words, else the message of the form."""
    if not isinstance(error, ProxyRejected):
        return form_message(error)
    return f'LiteLLM answered {error.status}: "{error.message}"'
