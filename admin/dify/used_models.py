"""The models that Dify's apps and knowledge bases use."""

from collections.abc import Iterator

from admin.dify.console import Console
from admin.dify.plan import models_named

type UsedBy = tuple[str, set[str] | None]
"""An app's name and the provider's models in it; None: it cannot be read, and may use any model."""


def users_of(console: Console, provider: str) -> Iterator[UsedBy]:
    """Yield every app and knowledge base with the provider's models that it uses."""
    for app in console.apps():
        named = models_named(console.exported(app), provider)
        yield app.name if named is not None else f"{app.name} (which cannot be read)", named
    for base in console.knowledge_bases():
        if base.embedding_model and base.embedding_model_provider == provider:
            yield f"{base.name} (knowledge)", {base.embedding_model}
