"""Models that their providers have deprecated, with the day."""

from collections.abc import Sequence

from admin.litellm.management import Management
from admin.litellm.responses import Deprecations
from litellm_proxy.errors import ProxyError


def deprecated_soon(management: Management) -> tuple[Deprecations.Model, ...]:
    """Return the models that are rejected already, or will be within 30 days.

    Empty if this LiteLLM does not tell.
    """
    try:
        known = management.deprecations()
    except ProxyError:
        return ()
    return known.deprecated + known.imminent


def deprecation_warning(model: Deprecations.Model, apps: Sequence[str] | None) -> str:
    """Return a warning: the day, the successor, and the apps that use the model, None if unknown."""
    days = model.days_until_deprecation
    when = f"in {days} days" if days > 0 else "already"
    warning = (
        f"{model.model_name}: deprecated by its provider from {model.deprecation_date} on ({when})"
    )
    if model.successor_model:
        warning += f"; its successor is {model.successor_model}"
    if apps is None:
        return f"{warning}."
    return f"{warning}. {_used_by(apps)}"


def _used_by(apps: Sequence[str]) -> str:
    return f"Used by {', '.join(apps)}." if apps else "No app uses it."
