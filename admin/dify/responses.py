"""Responses of Dify's console API, with the fields that are used.

Written for Dify 1.14.2.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Features(_Answer):
    """GET /system-features: the maximum size of a package in bytes, and the allowed sources."""

    class Permission(_Answer):
        """Which plugins may be installed."""

        plugin_installation_scope: str
        restrict_to_marketplace_only: bool

    max_plugin_package_size: int
    plugin_installation_permission: Permission


class Workspaces(_Answer):
    """GET /workspaces."""

    class Workspace(_Answer):
        """One workspace; `current` is the one of the logged-in account."""

        id: str
        name: str | None = None
        current: bool = False

    workspaces: tuple[Workspace, ...]


class Plugin(_Answer):
    """An installed plugin; `source` is package, github, marketplace or remote."""

    class Declaration(_Answer):
        """The declaration in its package; `model` is None for other kinds of plugins."""

        class Catalogue(_Answer):
            """The models that the package lists."""

            models: tuple[dict[str, Any], ...] = ()

        model: Catalogue | None = None

    plugin_id: str
    plugin_unique_identifier: str
    installation_id: str
    version: str
    source: str
    declaration: Declaration

    @property
    def models(self) -> tuple[dict[str, Any], ...]:
        """Return the models of its catalogue, none for a plain package."""
        return self.declaration.model.models if self.declaration.model else ()


class Plugins(_Answer):
    """GET …/plugin/list: one page."""

    plugins: tuple[Plugin, ...]
    total: int


class Uploaded(_Answer):
    """POST …/plugin/upload/pkg."""

    unique_identifier: str


class Installing(_Answer):
    """POST …/plugin/install or upgrade."""

    all_installed: bool
    task_id: str | None = None


class Task(_Answer):
    """GET …/plugin/tasks/{id}."""

    class Body(_Answer):
        """The state of the task."""

        class Each(_Answer):
            """One plugin of the task."""

            message: str | None = None

        status: str
        plugins: tuple[Each, ...] = ()

        @property
        def failure(self) -> str | None:
            """Return why the task failed, None if it did not."""
            if self.status != "failed":
                return None
            messages = (each.message for each in self.plugins if each.message)
            return next(messages, "it does not say why")

    task: Body


class SavedCredential(_Answer):
    """A saved form, by its id and the name that it has in Dify."""

    credential_id: str
    credential_name: str | None = None


class CustomModel(_Answer):
    """A model that was added by hand.

    After removal from the list, its form stays saved.
    """

    model: str
    model_type: str
    unadded_to_model_list: bool = False
    available_model_credentials: tuple[SavedCredential, ...] | None = ()


class ModelForm(_Answer):
    """GET …/models/credentials: the form of a model added by hand, secrets obfuscated."""

    class LoadBalancing(_Answer):
        """Whether calls are distributed over several forms."""

        enabled: bool = False

    credentials: dict[str, Any] = {}
    load_balancing: LoadBalancing = LoadBalancing()
    available_credentials: tuple[SavedCredential, ...] = ()


class ProviderForm(_Answer):
    """GET …/model-providers/P/credentials: the provider's form, secrets obfuscated."""

    credentials: dict[str, Any] | None = None


class Provider(_Answer):
    """A model provider: its configuration, and the models added by hand."""

    class Custom(_Answer):
        """Keys and models of the workspace."""

        current_credential_id: str | None = None
        available_credentials: tuple[SavedCredential, ...] | None = ()
        custom_models: tuple[CustomModel, ...] | None = ()

    provider: str
    configurate_methods: tuple[str, ...]
    custom_configuration: Custom

    @property
    def added_by_hand(self) -> tuple[CustomModel, ...]:
        """Return the models that were added by hand and are in the list."""
        models = self.custom_configuration.custom_models or ()
        return tuple(model for model in models if not model.unadded_to_model_list)


class Providers(_Answer):
    """GET …/model-providers."""

    data: tuple[Provider, ...]


class ProviderModels(_Answer):
    """GET …/model-providers/P/models."""

    class Row(_Answer):
        """A model in Dify's list, added by hand or from the catalogue."""

        model: str
        model_type: str
        fetch_from: str

    data: tuple[Row, ...]


class Apps(_Answer):
    """GET /apps: one page."""

    class App(_Answer):
        """An app."""

        id: str
        name: str

    data: tuple[App, ...]
    has_more: bool


class Members(_Answer):
    """GET …/members."""

    class Account(_Answer):
        """A member of the workspace."""

        id: str
        name: str
        email: str

    accounts: tuple[Account, ...]


class Exported(_Answer):
    """GET /apps/{id}/export: the app as YAML."""

    data: str


class Datasets(_Answer):
    """GET /datasets: one page of knowledge bases."""

    class Dataset(_Answer):
        """A knowledge base and its embedding model; one in economical mode has none."""

        name: str
        embedding_model: str | None = None
        embedding_model_provider: str | None = None

    data: tuple[Dataset, ...]
    has_more: bool
