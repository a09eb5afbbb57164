"""What a model can do: the form's word, else the proxy's, else a safe default."""

from litellm_proxy.wire.model_info import COMPLETION_MODE, IMAGE_MODES
from translation.facts.model_facts import ModelFacts
from translation.form.settings import InputType, Mode, Override, Settings
from translation.line_limit import MAX_LINE_BYTES

DEFAULT_CONTEXT_SIZE = 4096
DEFAULT_MAX_TOKENS = 4096
DEFAULT_MAX_CHUNKS = 16
_DEFAULT_EFFORT = "medium"
"""https://platform.openai.com/docs/guides/reasoning"""
MOST_MAX_CHUNKS = 32
_LINE_BYTES = MAX_LINE_BYTES // 2
_BYTES_A_NUMBER = 22


def mode_of(settings: Settings, facts: ModelFacts) -> Mode:
    """Return CHAT, COMPLETION or IMAGE: the form's, else the proxy's, else CHAT."""
    if settings.mode is not Mode.AUTO:
        return settings.mode
    if facts.mode in IMAGE_MODES:
        return Mode.IMAGE
    return Mode.COMPLETION if facts.mode == COMPLETION_MODE else Mode.CHAT


def context_size_of(settings: Settings, facts: ModelFacts) -> int:
    """Return the context size in tokens."""
    return settings.context_size or facts.context_size or DEFAULT_CONTEXT_SIZE


def max_output_tokens_of(settings: Settings, facts: ModelFacts) -> int | None:
    """Return the most tokens that an app builder may ask for in one answer, None if nobody says."""
    return settings.max_tokens or facts.max_output_tokens


def max_chunks_of(settings: Settings, facts: ModelFacts) -> int:
    """Return how many texts one embedding request holds.

    Dify asks for that many at once and gets all vectors in one line, which its daemon limits to
    5 MiB; a number takes about 22 bytes there. At most half of the limit is used.
    """
    if settings.max_chunks:
        return settings.max_chunks
    size = settings.dimensions or facts.vector_size
    if not size:
        return DEFAULT_MAX_CHUNKS
    return max(1, min(MOST_MAX_CHUNKS, _LINE_BYTES // (size * _BYTES_A_NUMBER)))


def caches_prompts(settings: Settings, facts: ModelFacts) -> bool:
    """Return whether a provider is asked to cache prompts: the form wants it, and it has to be asked.

    Only where writing into the cache has a price of its own; the others cache by themselves.
    """
    asked_for = facts.prompt_caching is True and facts.cache_write_price is not None
    return settings.cache_prompts and asked_for


def offers_structured_output(settings: Settings, facts: ModelFacts) -> bool:
    """Return whether an app may ask for structured output: unless the form or the proxy says no.

    graphon 0.8, the engine of Dify's next version, runs no such node on a model without the feature
    (nodes/llm/node.py, stage=capability). Of a model that nothing is known of, the prompt asks for the schema.
    """
    choice = settings.structured_output
    return choice is Override.YES or (
        choice is Override.AUTO and facts.response_schema is not False
    )


def follows_schemas(settings: Settings, facts: ModelFacts) -> bool:
    """Return whether the model follows a JSON schema, and LiteLLM passes one on to it."""
    follows = facts.response_schema and may_take(facts, "response_format")
    return chosen(settings.structured_output, follows)


def calls_tools(settings: Settings, facts: ModelFacts) -> bool:
    """Return whether the model calls tools, and LiteLLM passes them on to it."""
    return chosen(settings.function_calling, facts.function_calling and may_take(facts, "tools"))


def may_take(facts: ModelFacts, parameter: str) -> bool:
    """Return whether a parameter is worth offering: listed or unknown, and never yet refused.

    LiteLLM lists some even so, and refuses every value but one.
    """
    if parameter in (facts.refused_params or ()):
        return False
    return facts.supported_params is None or parameter in facts.supported_params


def is_listed(facts: ModelFacts, parameter: str) -> bool:
    """Return whether LiteLLM says by name that a model takes a parameter, and it was never refused."""
    return facts.supported_params is not None and may_take(facts, parameter)


def default_effort_of(facts: ModelFacts) -> str | None:
    """Return the level of reasoning that OpenAI's models have where none is named; None for others."""
    return _DEFAULT_EFFORT if may_take(facts, "reasoning_effort") else None


def has_reasoning(settings: Settings, facts: ModelFacts) -> bool:
    """Return whether the model thinks before it answers."""
    return chosen(settings.reasoning, facts.reasoning)


def takes_input(kind: InputType, settings: Settings, facts: ModelFacts) -> bool:
    """Return whether the model takes audio, documents or videos beside text; images: if it embeds or ranks.

    For LLMs *Vision* tells about images too.
    """
    known = {
        InputType.AUDIO: facts.audio_input,
        InputType.DOCUMENT: facts.pdf_input,
        InputType.VIDEO: facts.video_input,
        InputType.IMAGE: facts.embeds_images,
    }
    return kind in settings.input_types or known[kind] is True


def takes_input_type(facts: ModelFacts) -> bool:
    """Return whether an embedding model tells documents from queries."""
    return "input_type" in (facts.supported_params or ())


def chosen(choice: Override, fact: bool | None) -> bool:  # noqa: FBT001
    """Return the user's yes or no, else what the proxy knows, else no."""
    return choice is Override.YES or (choice is Override.AUTO and fact is True)
