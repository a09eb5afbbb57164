"""What Dify's console API answers, as far as it is used; seen with Dify 1.14.2."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Features(_Answer):
    """GET /system-features: what a package may weigh in bytes, and which may be installed."""

    class Permission(_Answer):
        """Which plugins may be installed at all."""

        plugin_installation_scope: str
        restrict_to_marketplace_only: bool

    max_plugin_package_size: int
    plugin_installation_permission: Permission


class Workspaces(_Answer):
    """GET /workspaces."""

    class Workspace(_Answer):
        """One workspace; `current` is the one that an account is in."""

        id: str
        name: str | None = None
        current: bool = False

    workspaces: tuple[Workspace, ...]


class Plugin(_Answer):
    """An installed plugin; `source` is package, github, marketplace or remote."""

    class Declaration(_Answer):
        """What its package says; without models for other kinds of plugins."""

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
    """GET …/plugin/list, a page."""

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
        """How far it is."""

        class Each(_Answer):
            """One plugin of it."""

            message: str | None = None

        status: str
        plugins: tuple[Each, ...] = ()

        @property
        def failure(self) -> str | None:
            """Return why it has failed, None if it has not."""
            if self.status != "failed":
                return None
            messages = (each.message for each in self.plugins if each.message)
            return next(messages, "it does not say why")

    task: Body


class CustomModel(_Answer):
    """A model that was added by hand; one that was taken out of the list keeps its saved form."""

    model: str
    model_type: str
    unadded_to_model_list: bool = False


class ModelForm(_Answer):
    """GET …/models/credentials: the form of a model that was added by hand, secrets obfuscated."""

    class LoadBalancing(_Answer):
        """Whether calls are spread over several forms."""

        enabled: bool = False

    class Saved(_Answer):
        """One saved form."""

        credential_id: str

    credentials: dict[str, Any] = {}
    load_balancing: LoadBalancing = LoadBalancing()
    available_credentials: tuple[Saved, ...] = ()


class ProviderForm(_Answer):
    """GET …/model-providers/P/credentials: the provider's form, secrets obfuscated."""

    credentials: dict[str, Any] | None = None


class Provider(_Answer):
    """A model provider: how it is set up, and the models that were added by hand."""

    class Custom(_Answer):
        """Keys and models of the workspace's own."""

        current_credential_id: str | None = None
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
        """A model as Dify lists it, by hand or of the catalogue."""

        model: str
        model_type: str
        fetch_from: str

    data: tuple[Row, ...]


class Apps(_Answer):
    """GET /apps, a page."""

    class App(_Answer):
        """An app."""

        id: str
        name: str

    data: tuple[App, ...]
    has_more: bool


class Exported(_Answer):
    """GET /apps/{id}/export: the app as a text in YAML."""

    data: str


class Datasets(_Answer):
    """GET /datasets, a page: knowledge bases."""

    class Dataset(_Answer):
        """A knowledge base, and what embeds it; an economical one has no model."""

        name: str
        embedding_model: str | None = None
        embedding_model_provider: str | None = None

    data: tuple[Dataset, ...]
    has_more: bool
