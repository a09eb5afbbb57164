"""A stand-in for LiteLLM's management API, made from what LiteLLM 1.106.2 with a database answered."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

from harness.upstream import HANG_UP, Asked, Reply, Upstream, json_reply

ADMIN_KEY = "sk-admin-of-the-tests-0123456789"
ONLY_ADMINS = "Authentication Error, Only proxy admin can be used to generate, delete, update info for new keys/users/teams."
NOT_FOUND = "Key not found in database"
LOST = "lost"
"""A fault: the request is carried out, and its answer is lost."""
SEEN = "This is just a spend tag that was passed dynamically in a request. It does not control any LLM models."


@dataclass
class LiteLLM(Upstream):
    """Serves keys, tags, customers and activity until the `with` block ends."""

    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Keys by hash, as /key/list shows them."""
    tags: list[dict[str, Any]] = field(default_factory=list)
    customers: list[dict[str, Any]] = field(default_factory=list)
    pages: dict[str, list[Any]] = field(default_factory=dict)
    """Pages of an activity or of the spend log, by path."""
    faults: dict[str, Reply] = field(default_factory=dict)
    """Answers by a part of the path, in place of the step."""
    changed: list[str] = field(default_factory=list)
    """What was changed, in order."""
    fault_at: int | None = None
    """The number of the change that fails, from 0."""
    fault: Reply | str = LOST

    def __post_init__(self) -> None:
        Upstream.__init__(self)

    def issue(self, **fields: Any) -> str:
        """Issue a key, as an administrator in LiteLLM's page; return it."""
        key = f"sk-{secrets.token_urlsafe(16)}"
        token = sha256(key.encode()).hexdigest()
        duration = fields.pop("duration", None)
        expires = datetime.now(UTC) + timedelta(seconds=int(duration[:-1])) if duration else None
        self.keys[token] = {
            "token": token, "key_name": f"sk-...{key[-4:]}", "spend": 0.0, "metadata": {}, "models": [],
            "created_at": datetime.now(UTC).isoformat(), "expires": expires and expires.isoformat(),
            "org_id": None, **fields,
        }  # fmt: skip
        return key

    def works(self, key: str) -> bool:
        """Return whether calls with a key are accepted."""
        row = self.keys.get(sha256(key.encode()).hexdigest())
        if row is None or row.get("blocked"):
            return False
        return not row["expires"] or datetime.fromisoformat(row["expires"]) > datetime.now(UTC)

    def reply_to(self, asked: Asked) -> Reply:
        path = asked.path.partition("?")[0]
        for part, reply in self.faults.items():
            if part in path:
                return reply
        headers = {name.lower(): value for name, value in asked.headers.items()}
        if headers.get("authorization") != f"Bearer {ADMIN_KEY}":
            return error(401, ONLY_ADMINS)
        query = {name: values[0] for name, values in parse_qs(asked.path.partition("?")[2]).items()}
        if asked.method != "POST":
            return self._read(path, query)
        fails = self.fault_at is not None and len(self.changed) == self.fault_at
        if fails and isinstance(self.fault, Reply):
            self.fault_at = None
            return self.fault
        reply = self._change(path, asked.body)
        if reply.status == 200:
            self.changed.append(path)
        if fails:
            self.fault_at = None
            return Reply([], HANG_UP)
        return reply

    def _read(self, path: str, query: dict[str, str]) -> Reply:
        match path:
            case "/key/info" if "key" in query:
                row = self.keys.get(query["key"])
                return (
                    json_reply({"key": query["key"], "info": row}) if row else error(404, NOT_FOUND)
                )
            case "/key/info":
                return error(404, NOT_FOUND)
            case "/key/list":
                rows = list(self.keys.values())
                page, size = int(query["page"]), int(query["size"])
                shown = rows[(page - 1) * size : page * size]
                return json_reply({"keys": shown, "total_count": len(rows), "current_page": page,
                                   "total_pages": -(-len(rows) // size)})  # fmt: skip
            case "/tag/list":
                return json_reply(self.tags)
            case "/customer/list":
                return json_reply(self.customers)
            case _ if path in self.pages:
                return json_reply(self.pages[path][int(query["page"]) - 1])
            case _:
                return error(404, "Not Found")

    def _change(self, path: str, body: dict[str, Any]) -> Reply:
        match path:
            case "/key/generate":
                if any(
                    row.get("key_alias") == body.get("key_alias", 0) for row in self.keys.values()
                ):
                    return error(400, f"Key with alias '{body['key_alias']}' already exists.")
                key = self.issue(**body)
                return json_reply({"key": key, "token": sha256(key.encode()).hexdigest()})
            case "/key/update":
                return self._update(body)
            case "/key/delete":
                for token in body["keys"]:
                    del self.keys[token]
                return json_reply({"deleted_keys": body["keys"]})
            case "/tag/new":
                self.tags = [tag for tag in self.tags if tag["name"] != body["name"]] + [body]
                return json_reply({"message": "created"})
            case "/tag/update":
                (tag,) = [tag for tag in self.tags if tag["name"] == body["name"]]
                tag.update({"models": [], **body})
                return json_reply({"message": "updated"})
            case "/customer/update":
                (customer,) = [
                    each for each in self.customers if each["user_id"] == body["user_id"]
                ]
                customer.update({"blocked": False, **body})
                return json_reply(customer)
            case _:
                return error(404, "Not Found")

    def _update(self, body: dict[str, Any]) -> Reply:
        token = body["key"]
        if token not in self.keys:
            return error(404, "Key not found.")
        changes = {name: value for name, value in body.items() if name != "key"}
        alias = changes.get("key_alias")
        if alias and any(
            row.get("key_alias") == alias and other != token for other, row in self.keys.items()
        ):
            return error(400, f"Key with alias '{alias}' already exists.")
        if duration := changes.pop("duration", None):
            changes["expires"] = (
                datetime.now(UTC) + timedelta(seconds=int(duration[:-1]))
            ).isoformat()
        self.keys[token] |= changes
        return json_reply(self.keys[token])


def error(status: int, message: str) -> Reply:
    """Return an error in LiteLLM's format."""
    body = {"message": message, "type": "auth_error", "param": "None", "code": str(status)}
    return json_reply({"error": body}, status)


def part(spend: float, calls: int = 1, **metadata: object) -> dict[str, Any]:
    """Return the metrics of one model, key or entity."""
    metrics = {"spend": spend, "prompt_tokens": 10 * calls, "completion_tokens": 20 * calls,
               "api_requests": calls, "failed_requests": 0}  # fmt: skip
    return {"metrics": metrics, "metadata": metadata}
