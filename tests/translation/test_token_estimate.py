"""The estimate against o200k itself.

The vocabulary is the one that LiteLLM packages, read by tiktoken without a network.
"""

import time
from pathlib import Path

import pytest
import tiktoken
from dify_plugin.entities.model.message import PromptMessageTool, UserPromptMessage

from harness.litellm_proxy_process import PROXY_COMMAND, ROOT
from tests.translation.texts_of_many_kinds import KINDS
from translation.token_estimate import estimate_prompt_tokens, estimate_tokens

TEXTS = {
    "English": """
Every spring the river behind our house rises a little higher than the year before. My grandfather
used to mark the level on the old oak with a pocket knife, and by the time I was ten the marks had
climbed above my head. He never spoke about floods as disasters; to him they were visitors, rude
ones perhaps, who came without an invitation and left mud on the carpet. When the council offered to
build a wall in 1998, he voted against it. "You can't argue with water," he said, "but you can learn
where it likes to go." I think of him whenever engineers explain their models to us with slides and
percentages, and I wonder whether anyone has asked the oak.
""",
    "German": """
Jedes Frühjahr steigt der Fluss hinter unserem Haus ein wenig höher als im Jahr zuvor. Mein
Großvater ritzte den Pegelstand mit dem Taschenmesser in die alte Eiche, und als ich zehn Jahre alt
war, reichten die Kerben bereits über meinen Kopf. Über Überschwemmungen sprach er nie wie über
Katastrophen; für ihn waren es Besucher, unhöfliche vielleicht, die ohne Einladung kamen und Schlamm
auf dem Teppich hinterließen. Als die Gemeinde 1998 eine Hochwasserschutzmauer errichten wollte,
stimmte er dagegen. „Mit Wasser kann man nicht streiten“, sagte er, „aber man kann lernen, wohin es
gern fließt.“
""",
    "Japanese": """
毎年春になると、家の裏を流れる川の水位は前の年より少しだけ高くなります。祖父は古い樫の木に
ポケットナイフで水位の印をつけていましたが、私が十歳になる頃には、その印は私の頭より高いところに
ありました。祖父は洪水を災害として話したことは一度もありません。彼にとって洪水は、招かれもしないのに
やって来て、じゅうたんに泥を残していく、少し失礼なお客さんだったのです。1998年に町が堤防を造ろうと
したとき、祖父は反対しました。「水と議論することはできないが、水がどこへ行きたいのかを学ぶことは
できる」と言っていました。
""",
    "Chinese": """
每年春天，我们屋后的那条河都会比前一年涨得更高一些。祖父常用小刀在那棵老橡树上刻下水位的记号，
等我十岁的时候，那些记号已经比我的头还高了。他从来不把洪水说成灾难；在他看来，它们只是客人，
也许有些无礼，不请自来，走的时候还在地毯上留下泥巴。1998年镇上提议修建防洪墙时，他投了反对票。
他说：“你没法跟水讲道理，但你可以学会它喜欢往哪里去。”每当工程师们用幻灯片和百分比向我们解释
他们的模型时，我就会想起他，不知道有没有人问过那棵橡树。
""",
    "code": (ROOT / "harness" / "plugin_process.py").read_text(),
}
O200K = "fb374d419588a4632f3f557e76b4b70aebbca790"


@pytest.fixture
def o200k(monkeypatch: pytest.MonkeyPatch) -> tiktoken.Encoding:
    site = next((PROXY_COMMAND.parent.parent / "lib").glob("python3*/site-packages"))
    folder = site / "litellm" / "litellm_core_utils" / "tokenizers"
    assert (folder / O200K).is_file()
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(folder))
    return tiktoken.get_encoding("o200k_base")


@pytest.mark.parametrize("kind", TEXTS)
def test_f48_the_estimate_is_within_15_percent_of_o200k(
    o200k: tiktoken.Encoding, kind: str
) -> None:
    exact = len(o200k.encode(TEXTS[kind]))
    assert estimate_tokens(TEXTS[kind]) == pytest.approx(exact, rel=0.15)


FURTHER_OFF = {
    "classical Chinese": 0.25, "table": 0.25, "technical German": 0.20, "Polish": 0.30, "Turkish": 0.30, "Ukrainian": 0.30,
}  # fmt: skip
"""As docs/apps.md says."""


@pytest.mark.parametrize("kind", KINDS)
def test_texts_that_the_estimate_was_not_fitted_to(o200k: tiktoken.Encoding, kind: str) -> None:
    for text in KINDS[kind]:
        exact = len(o200k.encode(text))
        assert estimate_tokens(text) == pytest.approx(exact, rel=FURTHER_OFF.get(kind, 0.15))


@pytest.mark.parametrize("piece", ["a", " ", "\n", "1", "!", "世", "の", "ü", "aB", "🙂", "\0"])
def test_twice_the_text_takes_about_twice_the_tokens_and_time(piece: str) -> None:
    def seconds(text: str) -> float:
        started = time.thread_time()
        estimate_tokens(text)
        return time.thread_time() - started

    half, whole = piece * 100_000, piece * 200_000
    assert estimate_tokens(whole) <= 2 * estimate_tokens(half) + 1
    assert estimate_tokens(half) <= len(half.encode())
    # A ratio in one run: eight times the text takes eight times as long, and 64 times if the work is
    # quadratic. The machine may change its speed in between.
    eighth = piece * 25_000
    assert (
        min(seconds(whole) for _ in range(5)) < 24 * min(seconds(eighth) for _ in range(5)) + 0.01
    )


def test_empty_and_short_texts() -> None:
    assert estimate_tokens("") == 0
    assert estimate_tokens(" ") == 0
    assert estimate_tokens("a") == 1


def test_tools_and_roles_count() -> None:
    messages = [UserPromptMessage(content="Hello")]
    tool = PromptMessageTool(name="f", description="does things", parameters={})
    alone = estimate_prompt_tokens(messages, [])
    assert alone > estimate_tokens("Hello")
    assert estimate_prompt_tokens(messages, [tool]) > alone


def test_the_vocabulary_is_not_needed_at_run_time() -> None:
    sources = [*Path(ROOT / "translation").glob("*.py"), *Path(ROOT / "models").rglob("*.py")]
    assert not [source for source in sources if "import tiktoken" in source.read_text()]
