"""Client for Dify's console API. Written for Dify 1.14.2; other releases may differ.

Requests that change something are not retried: the state of Dify would be uncertain.
"""

import base64
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, ValidationError

from admin.command_error import CommandError
from admin.dify.responses import (
    Apps,
    CustomModel,
    Datasets,
    Exported,
    Features,
    Installing,
    Members,
    ModelForm,
    Plugin,
    Plugins,
    Provider,
    ProviderForm,
    ProviderModels,
    Providers,
    Task,
    Uploaded,
    Workspaces,
)

SECONDS = 60.0
KNOWN_RELEASES = (1, 11), (1, 17)
"""The oldest and the newest release with a known API; 1.14 was tested."""
_API = "console/api/"
_WORKSPACE = _API + "workspaces/current/"
_PLUGIN = _WORKSPACE + "plugin/"
_GITHUB = "https://github.com/"
_RELEASE = re.compile(r"(\d+)\.(\d+)(\..*)?")
_PAGE = 100
_MAX_PAGES = 200
_MAX_BODY_BYTES = 64 * 1024 * 1024
_MAX_WORDS = 500
_CSRF = ("csrf_token", "__Host-csrf_token")


class DifyRejected(CommandError):
    """Dify rejected a request; the text has its message."""

    def __init__(self, what: str, status: int, code: str, message: str) -> None:
        super().__init__(f'Dify refused {what}: {status} {code}, "{message[:_MAX_WORDS]}".')
        self.status = status
        self.code = code


class UnexpectedResponse(CommandError):
    """A response that differs from those of all known releases."""


@dataclass(frozen=True, slots=True)
class AdminKey:
    """The key of the whole console (ADMIN_API_KEY of Dify's API), and a workspace."""

    key: str = field(repr=False)
    workspace: str


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account; a rejected password is not retried, as Dify locks accounts."""

    email: str
    password: str = field(repr=False)
    workspace: str = ""


class Console:
    """One workspace of a Dify, until the `with` block ends."""

    def __init__(self, url: str, login: AdminKey | Account, ca: str = "") -> None:
        """`url` is Dify's web page, `ca` a PEM file with your own authority."""
        self._login = login
        self._client = httpx.Client(
            base_url=f"{url.rstrip('/')}/",
            timeout=SECONDS,
            follow_redirects=False,
            verify=httpx.create_ssl_context(verify=ca) if ca else True,
        )
        self.version = ""
        """Dify's version, from its response headers."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def enter(self, *, any_release: bool = False) -> Features:
        """Log in and select the workspace; return Dify's features.

        Raises CommandError for an old release, a rejected login and an unknown workspace.
        """
        features = self._read(Features, "GET", _API + "system-features", "its features")
        if not any_release and _is_old(self.version):
            message = (
                f"This is Dify {self.version}, and known are {_named(KNOWN_RELEASES)}: nothing was changed. "
                "--any-release goes on all the same."
            )
            raise UnexpectedResponse(message)
        match self._login:
            case AdminKey():
                self._client.headers["Authorization"] = f"Bearer {self._login.key}"
                self._client.headers["X-WORKSPACE-ID"] = self._login.workspace
                self._read(Workspaces, "GET", _API + "workspaces", "the admin key")
            case Account():
                self._log_in(self._login)
        return features

    def plugin(self, plugin_id: str) -> Plugin | None:
        """Return an installed plugin, None if it is not installed."""
        return next((each for each in self._plugins() if each.plugin_id == plugin_id), None)

    def upload(self, package: bytes) -> str:
        """Upload a package, without installing it; return Dify's identifier of it."""
        files = {"pkg": ("plugin.difypkg", package)}
        what = "to take the package"
        return self._read(
            Uploaded, "POST", _PLUGIN + "upload/pkg", what, files=files
        ).unique_identifier

    def install(self, identifier: str, repo: str = "") -> str | None:
        """Install an uploaded package so that it can be upgraded in place.

        Return the task's id. The source is "github": daemons up to 0.6.3 upgrade only between
        packages of the same source.
        """
        body = {"plugin_unique_identifier": identifier, **_on_the_page(identifier, repo)}
        what = "to install the plugin"
        return self._read(Installing, "POST", _PLUGIN + "install/github", what, json=body).task_id

    def upgrade(self, old: str, new: str, repo: str = "") -> str | None:
        """Upgrade in place to an uploaded package, keeping keys, models and apps.

        Return the task's id.
        """
        body = {
            "original_plugin_unique_identifier": old,
            "new_plugin_unique_identifier": new,
            **_on_the_page(new, repo),
        }
        what = "to upgrade the plugin"
        return self._read(Installing, "POST", _PLUGIN + "upgrade/github", what, json=body).task_id

    def uninstall(self, plugin: Plugin) -> None:
        """Uninstall a plugin; deletes the provider's keys, but not models added by hand."""
        body = {"plugin_installation_id": plugin.installation_id}
        self._ask("POST", _PLUGIN + "uninstall", "to uninstall the plugin", json=body)

    def task(self, task_id: str) -> Task.Body | None:
        """Return an installation task, None if Dify no longer has it.

        Reading a finished task empties Dify's cache of providers, which chats may have filled with
        the previous list meanwhile (Dify 1.14, core/plugin/impl/plugin.py).
        """
        try:
            return self._read(Task, "GET", f"{_PLUGIN}tasks/{task_id}", "how far it is").task
        except DifyRejected:
            return None

    def read_tasks(self) -> None:
        """Read all installation tasks, which empties Dify's cache as `task` does."""
        with suppress(DifyRejected):
            self._ask("GET", f"{_PLUGIN}tasks?page=1&page_size={_PAGE}", "to tell its tasks")

    def provider(self, name: str) -> Provider | None:
        """Return a model provider, None if no plugin has it."""
        told = self._read(Providers, "GET", _WORKSPACE + "model-providers", "its providers").data
        return next((each for each in told if each.provider == name), None)

    def save_key(self, provider: str, form: dict[str, str]) -> None:
        """Save the provider's form; the plugin validates it first."""
        path = f"{_WORKSPACE}model-providers/{provider}/credentials"
        body = {"credentials": form, "name": "LiteLLM"}
        self._ask("POST", path, "to save the provider's form", json=body)

    def change_form(
        self, provider: str, credential_id: str, form: dict[str, Any], model: CustomModel | None
    ) -> None:
        """Change a form of the provider, or of a model; the plugin validates it first."""
        path = f"{_WORKSPACE}model-providers/{provider}/"
        body: dict[str, Any] = {"credential_id": credential_id, "credentials": form}
        if model:
            path += "models/"
            body |= {"model": model.model, "model_type": model.model_type}
        self._ask("PUT", f"{path}credentials", "to save a form", json=body)

    def provider_form(self, provider: str, credential_id: str = "") -> ProviderForm:
        """Return a form of the provider, the one in use without an id."""
        query = f"?{urlencode({'credential_id': credential_id})}" if credential_id else ""
        path = f"{_WORKSPACE}model-providers/{provider}/credentials{query}"
        return self._read(ProviderForm, "GET", path, "the provider's form")

    def model_form(
        self, provider: str, kind: str, model: str, credential_id: str = ""
    ) -> ModelForm:
        """Return a form of a model that was added by hand, the one in use without an id."""
        wanted = {"model": model, "model_type": kind, "config_from": "custom-model"}
        query = urlencode({**wanted, **({"credential_id": credential_id} if credential_id else {})})
        path = f"{_WORKSPACE}model-providers/{provider}/models/credentials?{query}"
        return self._read(ModelForm, "GET", path, "a model's form")

    def remove_model(self, provider: str, kind: str, model: str) -> None:
        """Remove a model added by hand from the list.

        Its form stays saved in Dify.
        """
        path = f"{_WORKSPACE}model-providers/{provider}/models"
        body = {"model": model, "model_type": kind}
        self._ask("DELETE", path, "to remove a model", json=body)

    def models(self, provider: str) -> ProviderModels:
        """Return all models of a provider, from a catalogue and added by hand."""
        path = f"{_WORKSPACE}model-providers/{provider}/models"
        return self._read(ProviderModels, "GET", path, "the provider's models")

    def apps(self) -> Iterator[Apps.App]:
        """Yield every app."""
        for page in range(1, _MAX_PAGES):
            path = f"{_API}apps?page={page}&limit={_PAGE}"
            apps = self._read(Apps, "GET", path, "its apps")
            yield from apps.data
            if not apps.has_more:
                return

    def exported(self, app: Apps.App) -> str:
        """Return an app as YAML, without secrets."""
        path = f"{_API}apps/{app.id}/export?include_secret=false"
        return self._read(Exported, "GET", path, "to export an app").data

    def accounts(self) -> tuple[Members.Account, ...]:
        """Return the members of the workspace."""
        return self._read(Members, "GET", _WORKSPACE + "members", "its members").accounts

    def knowledge_bases(self) -> Iterator[Datasets.Dataset]:
        """Yield every knowledge base."""
        for page in range(1, _MAX_PAGES):
            path = f"{_API}datasets?page={page}&limit={_PAGE}"
            told = self._read(Datasets, "GET", path, "its knowledge bases")
            yield from told.data
            if not told.has_more:
                return

    def _plugins(self) -> Iterator[Plugin]:
        for page in range(1, _MAX_PAGES):
            path = f"{_PLUGIN}list?page={page}&page_size={_PAGE}"
            told = self._read(Plugins, "GET", path, "its plugins")
            yield from told.plugins
            if page * _PAGE >= told.total:
                return

    def _log_in(self, account: Account) -> None:
        password = base64.b64encode(account.password.encode()).decode()
        body = {"email": account.email, "password": password, "remember_me": False}
        self._ask("POST", _API + "login", "the login", json=body)
        told = [value for name in _CSRF if (value := self._client.cookies.get(name))]
        if not told:
            message = "Dify's login set no cookie csrf_token, as known releases do."
            raise UnexpectedResponse(message)
        self._client.headers["X-CSRF-Token"] = told[0]
        if account.workspace:
            body = {"tenant_id": account.workspace}
            self._ask("POST", _API + "workspaces/switch", "this workspace", json=body)

    def _read[A: BaseModel](
        self, answer: type[A], method: str, path: str, what: str, **request: object
    ) -> A:
        body = self._ask(method, path, what, **request)
        try:
            return answer.model_validate_json(body)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, problem["loc"])) or "the whole"
            message = (
                f"Dify {self.version} answered {method} /{path.partition('?')[0]} in a way that is not "
                f"known: {where}: {problem['msg']}."
            )
            raise UnexpectedResponse(message) from None

    def _ask(self, method: str, path: str, what: str, **request: object) -> bytes:
        try:
            with self._client.stream(method, path, **request) as response:  # type: ignore[arg-type]
                body = _bounded(response)
                # Dify's web server exposes no API route that returns the version.
                self.version = response.headers.get("x-version", self.version)
        except (httpx.RequestError, httpx.InvalidURL) as error:
            message = f"Dify cannot be reached at {self._client.base_url}: {error or type(error).__name__}."
            raise CommandError(message) from None
        if response.is_success:
            return body
        if response.has_redirect_location:
            message = f"Dify at {self._client.base_url} redirects to {response.headers['location']}: use that."
            raise CommandError(message)
        code, words = _refusal(body)
        raise DifyRejected(what, response.status_code, code, words)


def _on_the_page(identifier: str, repo: str) -> dict[str, str]:
    """Return the fields for the Plugins page: version and GitHub repository.

    Without a file name, *Update* on that page does nothing: it would replace a catalogue by the
    plain plugin.
    """
    version = identifier.partition(":")[2].partition("@")[0]
    return {"repo": repo.removeprefix(_GITHUB).strip("/") if repo.startswith(_GITHUB) else "",
            "version": version, "package": ""}  # fmt: skip


def unknown_release(version: str) -> str:
    """Return a warning about a release newer than known ones, else ""."""
    release = _release(version)
    if release and release <= KNOWN_RELEASES[1]:
        return ""
    return f"This is Dify {version}, and known are {_named(KNOWN_RELEASES)}: it stops where an answer is not known."


def _is_old(version: str) -> bool:
    release = _release(version)
    return release is not None and release < KNOWN_RELEASES[0]


def _release(version: str) -> tuple[int, int] | None:
    parts = _RELEASE.fullmatch(version)
    return (int(parts[1]), int(parts[2])) if parts else None


def _named(releases: tuple[tuple[int, int], tuple[int, int]]) -> str:
    return " to ".join(".".join(map(str, release)) for release in releases)


def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > _MAX_BODY_BYTES:
            message = f"Dify's answer is larger than {_MAX_BODY_BYTES} bytes."
            raise UnexpectedResponse(message)
    return bytes(body)


class _Refusal(BaseModel):
    code: str = "unknown"
    message: str = ""


def _refusal(body: bytes) -> tuple[str, str]:
    try:
        told = _Refusal.model_validate_json(body)
    except ValidationError:
        return "no JSON", " ".join(body[:_MAX_WORDS].decode(errors="replace").split())
    return told.code, told.message
