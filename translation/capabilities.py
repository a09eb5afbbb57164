"""What a model can do and costs: the form's word, else the proxy's, else a safe default."""

from dataclasses import dataclass
from decimal import Decimal

from litellm_proxy.wire.model_info import COMPLETION_MODE
from translation.facts import ModelFacts
from translation.settings import Choice, InputType, Mode, Settings

DEFAULT_CONTEXT_SIZE = 4096
DEFAULT_MAX_TOKENS = 4096
DEFAULT_MAX_CHUNKS = 16
MOST_MAX_CHUNKS = 32
_LINE_BYTES = 5 * 1024 * 1024 // 2
_BYTES_A_NUMBER = 22


@dataclass(frozen=True, slots=True)
class Prices:
    """USD per token; None means unknown."""

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None


def mode_of(settings: Settings, facts: ModelFacts) -> Mode:
    """Return CHAT or COMPLETION: the form's, else the proxy's, else CHAT."""
    if settings.mode is not Mode.AUTO:
        return settings.mode
    return Mode.COMPLETION if facts.mode == COMPLETION_MODE else Mode.CHAT


def context_size_of(settings: Settings, facts: ModelFacts) -> int:
    """Return the context size in tokens."""
    return settings.context_size or facts.context_size or DEFAULT_CONTEXT_SIZE


def max_output_tokens_of(settings: Settings, facts: ModelFacts) -> int:
    """Return the most tokens that an app builder may ask for in one answer."""
    return settings.max_tokens or facts.max_output_tokens or DEFAULT_MAX_TOKENS


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


def prices_of(settings: Settings, facts: ModelFacts) -> Prices:
    """Return the prices of input and output; the form's replace the proxy's one by one."""
    its_own = settings.input_price is None
    return Prices(
        input=facts.input_price if settings.input_price is None else settings.input_price,
        output=facts.output_price if settings.output_price is None else settings.output_price,
        # The proxy's prices for caches go with its own price of input, not with the form's.
        cache_read=facts.cache_read_price if its_own else None,
        cache_write=facts.cache_write_price if its_own else None,
    )


def has_structured_output(settings: Settings, facts: ModelFacts) -> bool:
    """Return whether the model follows a JSON schema."""
    return chosen(settings.structured_output, facts.response_schema)


def has_reasoning(settings: Settings, facts: ModelFacts) -> bool:
    """Return whether the model thinks before it answers."""
    return chosen(settings.reasoning, facts.reasoning)


def takes_input(kind: InputType, settings: Settings, facts: ModelFacts) -> bool:
    """Return whether the model takes audio, documents or videos beside text."""
    known = {
        InputType.AUDIO: facts.audio_input,
        InputType.DOCUMENT: facts.pdf_input,
        InputType.VIDEO: facts.video_input,
    }
    return kind in settings.input_types or known[kind] is True


def takes_input_type(facts: ModelFacts) -> bool:
    """Return whether an embedding model tells documents from queries."""
    return "input_type" in (facts.supported_params or ())


def chosen(choice: Choice, fact: bool | None) -> bool:  # noqa: FBT001
    """Return the user's yes or no, else what the proxy knows, else no."""
    return choice is Choice.YES or (choice is Choice.AUTO and fact is True)
