"""What the proxy answered to three free questions → may this form be saved, or why not."""

from dataclasses import dataclass

from litellm_proxy.errors import ProxyError, ProxyRejected
from litellm_proxy.wire.model_info import ModelGroup, ModelList
from translation.errors import Cause, cause_of, sentence

_REFUSING = frozenset(
    {Cause.KEY, Cause.BUDGET, Cause.MODEL_ACCESS, Cause.ROUTE_ACCESS, Cause.NOT_LITELLM}
)
_MAX_NAMES = 10


@dataclass(frozen=True, slots=True)
class Findings:
    """The answers to the three questions; an error where one could not be had.

    `probe` is None when naming the model at its endpoint was accepted.
    """

    listed: ModelList | ProxyError
    group: ModelGroup | ProxyError | None
    probe: ProxyError | None


def refusal_of(model: str, findings: Findings) -> str | None:
    """Return the sentence why the form cannot be saved, or None if it can."""
    match findings.probe:
        case ProxyRejected() as error:
            return sentence(error) if cause_of(error) in _REFUSING else None
        case ProxyError() as error:
            return sentence(error)
    names = (
        [row.id for row in findings.listed.data] if isinstance(findings.listed, ModelList) else []
    )
    if names and model not in names and findings.group is None:
        return _unknown_model(model, names)
    return None


def _unknown_model(model: str, names: list[str]) -> str:
    shown = ", ".join(names[:_MAX_NAMES])
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return f'LiteLLM does not list "{model}" for this key. It lists {shown}{more}.'
