"""Batches of texts: shorter where they are too long, smaller where there are too many."""

from typing import Any

import pytest
from dify_plugin.entities.model.text_embedding import MultiModalContent, MultiModalContentType

from litellm_proxy.errors import ProxyRejected
from translation.request.batches import SmallerBatch, is_caused_by_texts, smaller_batch
from translation.request.embeddings import (
    MAX_SHORTENINGS,
    SHORTENED_TO,
    Batch,
    explained_rejection,
    multimodal_input,
)
from translation.request.rerank import results_wanted


def refused(words: str, status: int = 400, **more: Any) -> ProxyRejected:
    return ProxyRejected(status=status, message=words, **more)


TOO_LONG = refused(
    "This model's maximum context length is 512 tokens", classes=("ContextWindowExceededError",)
)
LONG, SHORT = "word " * 200, "short"


def test_the_longest_texts_become_shorter_and_the_others_stay() -> None:
    shorter = Batch([LONG, SHORT], 3, 9).shortened(TOO_LONG, 400)
    assert shorter == Batch([LONG[: int(len(LONG) * SHORTENED_TO)], SHORT], 3, 9, 1)


def test_three_times_at_most() -> None:
    batch: Batch | None = Batch([LONG], 0, 1)
    for times in range(1, MAX_SHORTENINGS + 1):
        assert batch
        batch = batch.shortened(TOO_LONG, 400)
        assert batch
        assert batch.shortenings == times
    assert batch
    assert batch.shortened(TOO_LONG, 400) is None


def test_a_text_never_becomes_empty_and_another_refusal_shortens_nothing() -> None:
    assert Batch(["a"], 0, 1).shortened(TOO_LONG, 400) == Batch(["a"], 0, 1, 1)
    assert Batch([LONG], 0, 1).shortened(refused("no such field"), 400) is None


def test_parts_know_where_they_are() -> None:
    parts = list(Batch(list("abcde"), 10, 20, 2).in_parts_of(2))
    assert parts == [
        Batch(["a", "b"], 10, 20, 2), Batch(["c", "d"], 12, 20, 2), Batch(["e"], 14, 20, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "texts", "size"),
    [
        ("batch size is invalid, it should not be larger than 10", 32, 10),
        ("too many inputs: at most 96, got 200", 200, 96),
        ("too many inputs", 32, 16),
        ("too many inputs, 500 given", 32, 16),
        ("too many inputs: 1 at most, 0 given", 32, 1),
        ("too many inputs", 3, 1),
        ("too many inputs", 1, None),
        ("dimensions must be at most 16", 32, None),
        ("no such field", 32, None),
    ],
)
def test_how_many_texts_to_send_instead(words: str, texts: int, size: int | None) -> None:
    smaller = smaller_batch(refused(words), texts)
    assert smaller == (SmallerBatch(size, is_limit=True) if size else None)
    assert smaller_batch(refused(words, 401, error_type="auth_error"), texts) is None


@pytest.mark.parametrize(
    "words",
    [
        "input is too long: at most 512",
        "Invalid 'input': maximum request size is 300000 tokens per request.",
        "The max allowed tokens per submitted batch is 120000. Your batch has 134000 tokens after truncation.",
        "Unable to submit request because the input token count is 25000 but the model supports up to 20000.",
        "Die Anfrage hat 25000 Tokens.",
        "input must have less than 512 tokens. Given: 739",
        "Requested 332921 tokens, max 300000 tokens per request",
        "string too long. Expected a string with maximum length 8192",
    ],
)
def test_what_is_too_much_together_goes_in_halves(words: str) -> None:
    assert smaller_batch(refused(words), 9) == SmallerBatch(4, is_limit=False)
    assert smaller_batch(refused(words, 422), 1) is None
    assert smaller_batch(refused(words, 429), 9) is None
    assert smaller_batch(refused(words, 503), 9) is None


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("The model `text-embedding-3-large` does not exist or you do not have access to it.", 404),
        ("Project `proj_abc` does not have access to model `text-embedding-3-small`", 403),
        ("/embeddings: Invalid model name passed in model=text-embedding-3-small", 400),
        ("input_type not permitted. Received Model Group=text-embedding-3-small\nAvailable Model Group Fallbacks=None", 400),
        ("[{'type':'extra_forbidden','loc':('body','user'),'msg':'Extra inputs are not permitted','input':'123'}]", 422),
        ("The instance profile is not authorized", 400),
        ("This model is only available in the Batch API", 400),
    ],
)  # fmt: skip
def test_what_is_not_about_the_texts_is_not_split(words: str, status: int) -> None:
    assert smaller_batch(refused(words, status), 32) is None
    assert explained_rejection(refused(words, status), Batch([SHORT], 0, 1), 512, cut=False) is None


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Too many tokens overall, split into more batches.", 400),
        ("too many tokens: size limit exceeded", 400),
        ("Total tokens in the batch exceed the model limit", 400),
        ("Failed to buffer the request body: length limit exceeded", 413),
        ("Payload Too Large", 413),
        ("litellm.RateLimitError: Request too large for text-embedding-3-small on tokens per min (TPM): Limit 40000, Requested 60000.", 429),
    ],
)  # fmt: skip
def test_more_that_is_too_much_together_goes_in_halves(words: str, status: int) -> None:
    assert smaller_batch(refused(words, status), 32) == SmallerBatch(16, is_limit=False)


def test_no_limit_is_learned_from_what_litellm_adds() -> None:
    tail = "Too many inputs. Received Model Group=voyage-3\nAvailable Model Group Fallbacks=None LiteLLM Max Retries: 2"
    assert smaller_batch(refused(tail), 32) == SmallerBatch(16, is_limit=True)


def test_a_batch_of_short_texts_is_not_made_shorter() -> None:
    assert Batch([SHORT, SHORT], 0, 2).shortened(TOO_LONG, 400) is None


def test_a_refusal_names_the_text() -> None:
    batch = Batch([SHORT, LONG, SHORT], 4, 20)
    told = str(explained_rejection(TOO_LONG, batch, 512, cut=False))
    assert told.startswith(f"Text 6 of 20 is too long ({len(LONG)} characters, about ")
    assert (
        " tokens; the model takes 512): shorten the chunks, or set Long Texts to Cut. LiteLLM 400: "
        in told
    )
    assert "This model's" in told
    told = str(explained_rejection(TOO_LONG, batch, 512, cut=True))
    assert "shorten the chunks, or set a smaller Context Length." in told
    # A plain refusal is about the length only if the text is longer than the model takes.
    assert explained_rejection(refused("no"), batch, 10**6, cut=False) is None
    assert "is too long" in str(explained_rejection(refused("no"), batch, 10, cut=False))


def test_a_fault_of_a_server_that_takes_less_than_the_model() -> None:
    fault = refused("input is too large to process. increase the physical batch size", 500)
    told = str(explained_rejection(fault, Batch([LONG], 0, 1), 8192, cut=False))
    assert told.startswith(
        f"Text 1 of 1 is too long for the model's server ({len(LONG)} characters, about "
    )
    assert (
        " tokens): raise its limit, shorten the chunks, or set Long Texts to Cut. LiteLLM 500: "
        in told
    )


def test_a_fault_about_the_content_of_texts() -> None:
    fault = refused("failed to encode response: json: unsupported value: NaN", 500)
    assert is_caused_by_texts(fault)
    assert not is_caused_by_texts(refused("upstream is away", 500))
    one = str(explained_rejection(fault, Batch([SHORT], 6, 9), 512, cut=False))
    assert one.startswith(f"Text 7 of 9 cannot be embedded ({len(SHORT)} characters, about ")
    assert " tokens); change or remove it. LiteLLM 500: " in one
    assert "try again" not in one.lower()
    assert explained_rejection(fault, Batch([SHORT, SHORT], 6, 9), 512, cut=False) is None
    assert smaller_batch(fault, 9) == SmallerBatch(4, is_limit=False)
    assert explained_rejection(refused("away", 500), Batch([SHORT], 0, 1), 512, cut=False) is None


def test_images_have_no_length_in_tokens() -> None:
    assert (
        explained_rejection(
            TOO_LONG, Batch(["data:image/png;base64,AAAA", LONG], 0, 2), 5, cut=False
        )
        is None
    )


@pytest.mark.parametrize(
    ("content", "kind", "sent"),
    [
        ("a text", MultiModalContentType.TEXT, "a text"),
        ("data:image/png;base64,AA", MultiModalContentType.IMAGE, "data:image/png;base64,AA"),
        ("https://h/a.png", MultiModalContentType.IMAGE, "https://h/a.png"),
        ("http://h/a.png", MultiModalContentType.IMAGE, "http://h/a.png"),
        ("AAAA", MultiModalContentType.IMAGE, "data:image/png;base64,AAAA"),
        (
            "/9j/4AAQSkZJRg==",
            MultiModalContentType.IMAGE,
            "data:image/jpeg;base64,/9j/4AAQSkZJRg==",
        ),
    ],
)
def test_images_go_as_data_urls(content: str, kind: MultiModalContentType, sent: str) -> None:
    assert multimodal_input(MultiModalContent(content=content, content_type=kind)) == sent


@pytest.mark.parametrize(
    ("top_n", "documents", "wanted"),
    [(None, 3, None), (2, 3, 2), (5, 3, 3), (3, 3, 3), (0, 3, None), (-1, 3, None), (1, 3, 1)],
)
def test_no_more_results_than_documents_are_asked_for(
    top_n: int | None, documents: int, wanted: int | None
) -> None:
    assert results_wanted(top_n, documents) == wanted
