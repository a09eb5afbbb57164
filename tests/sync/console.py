"""A stand-in for Dify's console API, made from what a running Dify 1.14.2 was seen to answer.

It keeps a workspace: installed plugins, uploaded packages, the provider's key, models, apps. Faults are
answered in place of what a step would have done.
"""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import yaml

from admin.dify.adopt import obfuscated
from admin.dify.identifier import identifier_of
from harness.upstream import HANG_UP, Asked, Reply, Upstream, json_reply

ADMIN_KEY = "admin-key-of-the-tests"
WORKSPACE = "4197915a-6cc7-4cd2"
EMAIL, PASSWORD = "owner@example.org", "correct horse"
PLUGIN = "litellm-community/litellm"
PROVIDER = f"{PLUGIN}/litellm"
PREFIX = "/console/api"
AWAY = Reply([], HANG_UP)


@dataclass
class Installed:
    identifier: str
    source: str
    models: list[dict[str, Any]]


@dataclass
class Console(Upstream):
    """Serves one workspace until the `with` block ends."""

    version: str = "1.14.2"
    max_bytes: int = 50 * 1024 * 1024
    old_daemon: bool = False
    """Upgrades only what has the same source (up to 0.6.3)."""
    does_not_start: bool = False
    installed: Installed | None = None
    packages: dict[str, bytes] = field(default_factory=dict)
    key: dict[str, str] | None = None
    custom: list[dict[str, Any]] = field(default_factory=list)
    apps: list[tuple[str, str]] = field(default_factory=list)
    bases: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, Reply] = field(default_factory=dict)
    """Answers by a part of the path, in place of the step."""
    logins: int = 0
    forms: dict[str, dict[str, str]] = field(default_factory=dict)
    """Forms of models that were added by hand, by name, as they were saved."""
    saved: dict[str, tuple[dict[str, str] | None, dict[str, str]]] = field(default_factory=dict)
    """Saved forms by credential id: the model (None for the provider) and the values."""
    works: Callable[[dict[str, str]], bool] = lambda _: True
    """Whether a form that is saved would be valid."""
    form_fault_at: int | None = None
    """The number of the saved form whose saving fails, from 0; with AWAY it is saved all the same."""
    form_fault: Reply = AWAY
    accounts: list[dict[str, str]] = field(default_factory=list)
    meta: dict[str, str] = field(default_factory=dict)
    """What the Plugins page shows of the package."""
    changed: list[str] = field(default_factory=list)
    """What was changed, in order."""
    polls: int = 0
    slow_polls: int = 0
    """How often a task is said to be under way."""
    seen: Installed | None = None
    """What Dify's cache of providers holds. Chats fill it at every moment, an installation empties it at its
    beginning, and only reading a finished task does so again."""

    def __post_init__(self) -> None:
        Upstream.__init__(self)

    def reply_to(self, asked: Asked) -> Reply:
        path = asked.path.partition("?")[0].removeprefix(PREFIX)
        for part, fault in self.faults.items():
            if part in path:
                return fault
        reply = self._answer(asked, path)
        return Reply(reply.pieces, reply.status, reply.content_type,
                     {**reply.headers, "X-Version": self.version})  # fmt: skip

    def _answer(self, asked: Asked, path: str) -> Reply:
        if path == "/system-features":
            permission = {"plugin_installation_scope": "all", "restrict_to_marketplace_only": False}
            return json_reply({"max_plugin_package_size": self.max_bytes,
                               "plugin_installation_permission": permission})  # fmt: skip
        if path == "/login":
            return self._login(asked.body)
        if not self._may(asked):
            return refusal(401, "unauthorized", "Invalid token.")
        plugin = "/workspaces/current/plugin"
        if path.startswith(f"{plugin}/"):
            return self._answer_of_plugins(asked, path.removeprefix(plugin))
        provider = f"/workspaces/current/model-providers/{PROVIDER}"
        if path.startswith(f"{provider}/"):
            return self._answer_of_the_provider(asked, path.removeprefix(provider))
        match path:
            case "/workspaces":
                return json_reply({"workspaces": [{"id": WORKSPACE, "name": "one"}]})
            case "/workspaces/switch":
                return json_reply({"result": "success"})
            case "/apps":
                rows = [
                    {"id": str(place), "name": name} for place, (name, _) in enumerate(self.apps)
                ]
                return json_reply({"data": rows, "has_more": False})
            case "/workspaces/current/members":
                return json_reply({"accounts": self.accounts})
            case "/datasets":
                return json_reply({"data": self.bases, "has_more": False})
            case "/workspaces/current/model-providers":
                return json_reply({"data": self._providers()})
            case _ if path.endswith("/export"):
                return json_reply({"data": self.apps[int(path.split("/")[2])][1]})
            case _:
                return refusal(404, "not_found", path)

    def _answer_of_the_provider(self, asked: Asked, path: str) -> Reply:
        query = parse_qs(asked.path.partition("?")[2])
        if asked.method == "PUT":
            return self._change(asked.body)
        if saved := query.get("credential_id"):
            return json_reply({"credentials": hidden(self.saved[saved[0]][1])})
        match asked.method, path:
            case "GET", "/credentials":
                return json_reply({"credentials": hidden(self.key)})
            case "POST", "/credentials":
                return self._save(asked.body["credentials"])
            case "GET", "/models/credentials":
                return json_reply({"credentials": hidden(self.forms[query["model"][0]])})
            case "GET", "/models":
                return json_reply({"data": self._models()})
            case "DELETE", "/models":
                return self._remove(asked.body)
            case _:
                return refusal(404, "not_found", path)

    def _change(self, body: dict[str, Any]) -> Reply:
        model, before = self.saved[body["credential_id"]]
        named = {"model": body["model"], "model_type": body["model_type"]} if model else None
        assert named == model
        values = {
            name: before[name] if value == "[__HIDDEN__]" else value
            for name, value in body["credentials"].items()
        }
        if not self.works(values):
            return refusal(400, "invalid_param", "API key was rejected: check it.")
        fails = self.form_fault_at == len(self.changed)
        if fails and self.form_fault is not AWAY:
            return self.form_fault
        self.changed.append(f"form {body['credential_id']}")
        self.saved[body["credential_id"]] = (model, values)
        if fails:
            return AWAY
        return json_reply({"result": "success"})

    def _answer_of_plugins(self, asked: Asked, path: str) -> Reply:
        match path:
            case "/list":
                return json_reply({"plugins": self._plugins(), "total": len(self._plugins())})
            case "/upload/pkg":
                return self._upload(asked)
            case "/install/github":
                self.meta = asked.body
                return self._install(asked.body["plugin_unique_identifier"], "install")
            case "/upgrade/github":
                self.meta = asked.body
                return self._upgrade(asked.body)
            case "/uninstall":
                self.changed.append("uninstall")
                self.installed = self.seen = self.key = None
                return json_reply({"success": True})
            case "/tasks":
                self.seen = self.installed
                return json_reply({"tasks": []})
            case _ if path.startswith("/tasks/"):
                return self._task()
            case _:
                return refusal(404, "not_found", path)

    def _may(self, asked: Asked) -> bool:
        headers = {name.lower(): value for name, value in asked.headers.items()}
        if headers.get("authorization") == f"Bearer {ADMIN_KEY}":
            return headers.get("x-workspace-id") == WORKSPACE
        return "access_token=a" in headers.get("cookie", "") and headers.get("x-csrf-token") == "c"

    def _login(self, body: dict[str, Any]) -> Reply:
        self.logins += 1
        if (body["email"], body["password"]) != (EMAIL, "Y29ycmVjdCBob3JzZQ=="):
            return refusal(401, "authentication_failed", "Invalid email or password.")
        cookies = "csrf_token=c; Path=/\r\nSet-Cookie: access_token=a; Path=/"
        return Reply([b'{"result": "success"}'], headers={"Set-Cookie": cookies})

    def _upload(self, asked: Asked) -> Reply:
        start = asked.body.index(b"PK\x03\x04")
        package = asked.body[start : asked.body.rindex(b"\r\n--")]
        files = files_of(package)
        identifier = identifier_of(files)
        self.packages[identifier] = package
        return json_reply({"unique_identifier": identifier, "manifest": {}, "verification": None})

    def _install(self, identifier: str, what: str) -> Reply:
        if identifier not in self.packages:
            return refusal(400, "plugin_error", "no such file or directory")
        if not self.does_not_start:
            self.changed.append(what)
            models = models_of(files_of(self.packages[identifier]))
            self.installed = Installed(identifier, "github", models)
        return json_reply({"all_installed": False, "task_id": "task-1"})

    def _remove(self, body: dict[str, str]) -> Reply:
        self.changed.append(f"remove {body['model']}")
        # As Dify 1.14: it leaves the list, and its form stays saved.
        (model,) = [each for each in self.custom if each["model"] == body["model"]]
        model["unadded_to_model_list"] = True
        return Reply([b""], 204)

    def _upgrade(self, body: dict[str, str]) -> Reply:
        old, new = body["original_plugin_unique_identifier"], body["new_plugin_unique_identifier"]
        if old == new:
            return refusal(400, "plugin_error", "original and new … are the same")
        if self.installed is None or self.installed.identifier != old:
            return refusal(500, "unknown", "Internal Server Error")
        if self.old_daemon and self.installed.source != "github":
            return refusal(500, "unknown", "Internal Server Error")
        return self._install(new, "upgrade")

    def _task(self) -> Reply:
        self.polls += 1
        if self.polls <= self.slow_polls:
            return json_reply({"task": {"status": "running", "plugins": []}})
        self.seen = self.installed
        status = "failed" if self.does_not_start else "success"
        message = "failed to install dependencies:\n no wheels" if self.does_not_start else "done"
        return json_reply({"task": {"status": status, "plugins": [{"message": message}]}})

    def _plugins(self) -> list[dict[str, Any]]:
        if self.installed is None:
            return []
        return [{
            "plugin_id": PLUGIN, "plugin_unique_identifier": self.installed.identifier,
            "installation_id": "i-1", "version": "0.1.0", "source": self.installed.source,
            "declaration": {"model": {"models": self.installed.models}},
        }]  # fmt: skip

    def _providers(self) -> list[dict[str, Any]]:
        if self.seen is None:
            return []
        methods = (
            ["predefined-model", "customizable-model"]
            if self.seen.models
            else ["customizable-model"]
        )
        custom = {
            "current_credential_id": "c-1" if self.key else None,
            "available_credentials": [
                {"credential_id": id_, "credential_name": f"key {id_}"}
                for id_, (model, _) in self.saved.items() if model is None
            ],
            "custom_models": self.custom or [
                {**model, "available_model_credentials": [{"credential_id": id_, "credential_name": None}]}
                for id_, (model, _) in self.saved.items() if model is not None
            ],
        }  # fmt: skip
        return [
            {"provider": PROVIDER, "configurate_methods": methods, "custom_configuration": custom}
        ]

    def _save(self, form: dict[str, str]) -> Reply:
        if self.seen is None or not self.seen.models:
            words = f"Provider {PROVIDER} does not have provider_credential_schema"
            return refusal(400, "invalid_param", words)
        self.changed.append("key")
        self.key = form
        return json_reply({"result": "success"}, 201)

    def _models(self) -> list[dict[str, str]]:
        rows = [] if self.seen is None or not self.key else self.seen.models
        return [{"model": row["model"], "model_type": row["model_type"], "fetch_from": "predefined-model"}
                for row in rows]  # fmt: skip


def hidden(form: dict[str, str] | None) -> dict[str, str] | None:
    """Return a form as Dify shows it."""
    return form and {**form, "api_key": obfuscated(form.get("api_key", ""))}


def files_of(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def models_of(files: dict[str, bytes]) -> list[dict[str, Any]]:
    """Return the models that a package lists, as Dify tells them: with more fields than the file has."""
    return [
        {**json.loads(json.dumps(yaml.safe_load(content))), "deprecated": False}
        for name, content in sorted(files.items())
        if name.startswith("models/") and name.endswith(".yaml")
        and not name.endswith("_position.yaml") and "predefined" in content.decode()
    ]  # fmt: skip


def refusal(status: int, code: str, message: str) -> Reply:
    return json_reply({"code": code, "message": message, "status": status}, status)
