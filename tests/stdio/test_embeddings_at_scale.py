"""Ten thousand texts through the process and the real proxy, some requests failing on the way."""

import itertools
import struct
from pathlib import Path

import pytest

from harness.plugin_process import MAX_LINE_BYTES, PluginError
from harness.upstream import HANG_UP, Asked, Reply, Upstream, json_reply
from tests.support import openai_format as openai
from tests.support.environment import Environment, environment

TEXTS = 10_000
PER_REQUEST = 32
PER_CALL = 128
FAULT_EVERY = 50
"""2 % of the requests fail the first time."""
FAULTS = itertools.cycle(
    [openai.error("Slow down", 429), openai.error("Broken", 500), Reply([], HANG_UP)]
)


class Faulty(Upstream):
    """Embeds a number as itself, in reverse order; every fiftieth request fails."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded = 0
        self.faults = 0

    def reply_to(self, asked: Asked) -> Reply:
        if not asked.path.endswith("/embeddings"):
            return super().reply_to(asked)
        self.embedded += 1
        if self.embedded % FAULT_EVERY == 0:
            self.faults += 1
            return next(FAULTS)
        numbers = [[float(text), 0.5, -1.0] for text in asked.body["input"]]
        return openai.embeddings(numbers, order=range(len(numbers))[::-1])


def resident_bytes(process_id: int) -> int:
    pages = Path(f"/proc/{process_id}/statm").read_text().split()[1]
    return int(pages) * 4096


@pytest.mark.slow
def test_f53_f54_f55_ten_thousand_texts_none_missing_none_swapped(tmp_path: Path) -> None:
    faulty = Faulty()
    with environment(tmp_path, faulty) as env:
        vectors = embed_all(env)
    assert [vector[0] for vector in vectors] == list(range(TEXTS))
    assert all(vector[1:] == [0.5, -1.0] for vector in vectors)
    requests = -(-TEXTS // PER_CALL) * (PER_CALL // PER_REQUEST) - 3
    assert faulty.faults >= requests // FAULT_EVERY
    # LiteLLM tries a 429 again by itself, so the upstream sees more than the plugin sends.
    assert requests + faulty.faults <= faulty.embedded <= requests + 3 * faulty.faults


def embed_all(env: Environment) -> list[list[float]]:
    form = {**env.credentials, "settings": "custom", "max_chunks": str(PER_REQUEST)}
    vectors: list[list[float]] = []
    before = resident_bytes(env.plugin.process_id)
    for first in range(0, TEXTS, PER_CALL):
        texts = [str(number) for number in range(first, min(first + PER_CALL, TEXTS))]
        (answer,) = env.plugin.call(
            "invoke_text_embedding",
            "scenario/bulk",
            form,
            model_type="text-embedding",
            texts=texts,
            input_type="document",
        )
        vectors += answer["embeddings"]
    grown = resident_bytes(env.plugin.process_id) - before
    print(f"{grown / 1e6:.1f} MB grown over {TEXTS} texts")  # noqa: T201 - the figure is wanted
    assert grown < 50_000_000
    return vectors


@pytest.mark.parametrize(("size", "too_many"), [(1536, 2048), (4096, 512), (3072, 100)])
def test_no_line_is_too_long_for_dify_whatever_the_size_of_a_vector(
    env: Environment, upstream: Upstream, size: int, too_many: int
) -> None:
    info = {"mode": "embedding", "output_vector_size": size}
    upstream.on("/v1/model/info", json_reply({"data": [{"model_name": "e", "model_info": info}]}))
    form = {"base_url": upstream.url}
    schema = next(env.plugin.call("get_ai_model_schemas", "e", form, model_type="text-embedding"))
    per_call = schema["model_schema"]["model_properties"]["max_chunks"]
    # The longest that a number can get: a 32-bit float, written out as a 64-bit one.
    number = struct.unpack("<f", struct.pack("<f", -1.2345678e-10))[0]
    upstream.on("e", openai.embeddings([[number] * size] * per_call))

    def embed(count: int) -> list[list[float]]:
        call = env.plugin.call(
            "invoke_text_embedding", "e", form,
            model_type="text-embedding", texts=["text"] * count, input_type="document",
        )  # fmt: skip
        vectors: list[list[float]] = next(call)["embeddings"]
        return vectors

    assert len(embed(per_call)) == per_call
    assert max(map(len, env.plugin.lines)) < MAX_LINE_BYTES
    with pytest.raises(PluginError) as caught:
        embed(too_many)
    assert caught.value.error_type == "InvokeBadRequestError"
    assert f"{too_many} vectors of {size} numbers" in caught.value.message
    assert len(upstream.asked_for("e")) == 2
