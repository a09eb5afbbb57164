"""Estimate the tokens of a text offline, for Dify's planning, not for billing.

A calibrated estimate, not a packaged vocabulary. Measured on 2 cores: within 15 % of o200k for most
kinds of text, and up to 30 % too low for tables of numbers, technical German, Polish, Turkish,
Ukrainian and classical Chinese (tests/translation/test_token_estimate.py); 1000 texts of 500
characters in 0.2 s, while tiktoken with o200k is four times as fast. A vocabulary would be exact
for one family of models and not better for the others, would add 3.6 MB to a package of 1.2 MB, and
loading it costs 0.3 s and 80 MB of memory. Dify's SDK counts with tiktoken, which downloads its
vocabulary.
"""

import re
from collections.abc import Iterable
from itertools import batched

from dify_plugin.entities.model.message import PromptMessage, PromptMessageTool

from litellm_proxy.event_loop import give_way

# The pieces into which o200k splits a text before the vocabulary lookup, simplified.
_PIECE = re.compile(
    r"""
      (?P<word>       [A-Z]?[a-z\u00df-\u024f\u1ea0-\u1ef9]+ | [A-Z\u00c0-\u00de]+ )
    | (?P<marked>     [^\sA-Za-z0-9\u00c0-\u2fff\u3040-\ud7af]
                      (?: [A-Z]?[a-z\u00df-\u024f\u1ea0-\u1ef9]+ | [A-Z\u00c0-\u00de]+ ) )
    | (?P<number>     [0-9]{1,3} )
    | (?P<hiragana>   [\u3040-\u309f]+ )
    | (?P<katakana>   [\u30a0-\u30ff]+ )
    | (?P<hangul>     [\uac00-\ud7af]+ )
    | (?P<han>        [\u3400-\u9fff\uf900-\ufaff]+ )
    | (?P<thai>       [\u0e00-\u0e7f]+ )
    | (?P<arabic>     [\u0590-\u077f\ufb50-\ufdff\ufe70-\ufeff]+ )
    | (?P<indic>      [\u0900-\u0dff]+ )
    | (?P<alphabet>   [\u0250-\u2fff]+ )
    | (?P<space>      \s{2,} | (?<=\w)\n )
    | (?P<marks>      [^\sA-Za-z0-9\u00c0-\u2fff\u3040-\ud7af]+ )
    """,
    re.VERBOSE,
)
_ONE = 100
_COMMON_WORD_LETTERS = 7
_PER_LETTER_MORE = 30
_PER_MARK_BEFORE_A_WORD = 25
_PER_ACCENTED_WORD = 40
_PER_RARELY_ACCENTED_WORD = 140
_PER_VIETNAMESE_WORD = 15
_PER_HAN = 80
_PER_TRADITIONAL_HAN = 105
_TRADITIONAL = frozenset(
    "這個們來時國會說學對為與於後過開關發點條樣體實應該將從當經還沒讓麼無爾長東車門間問聞見親觀書話語請讀記證錢鐵線級紙給約終結統總網處樂業義亦矣乎"
)
"""Frequent in traditional and classical Chinese, which has more tokens per character."""
_PER_CHARACTER = {
    "hiragana": 80,
    "katakana": 62,
    "hangul": 70,
    "thai": 41,
    "arabic": 32,
    "indic": 33,
    "alphabet": 28,
}
_PER_PIECE = {"number": _ONE, "space": 90}
_PER_MARK_RUN = 100
_PER_MARK_MORE = 10
_TOKENS_PER_MESSAGE = 4
_PIECES_PER_PAUSE = 2000


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of `text` (modern BPE vocabulary) in linear time."""
    total = 0
    for pieces in batched(_PIECE.finditer(text), _PIECES_PER_PAUSE):
        total += sum(map(_hundredths, pieces))
        give_way()
    return -(-total // _ONE)


def _hundredths(match: re.Match[str]) -> int:
    """Return the weight of one piece in hundredths of a token."""
    kind = match.lastgroup or ""
    if kind == "word":
        return _word(match.group())
    length = match.end() - match.start()
    if kind in _PER_PIECE:
        return _PER_PIECE[kind]
    if kind in _PER_CHARACTER:
        return length * _PER_CHARACTER[kind]
    match kind:
        case "marked":
            return _PER_MARK_BEFORE_A_WORD + _word(match.group()[1:])
        case "han":
            traditional = not _TRADITIONAL.isdisjoint(match.group())
            return length * (_PER_TRADITIONAL_HAN if traditional else _PER_HAN)
        case _:
            return _PER_MARK_RUN + (length - 1) * _PER_MARK_MORE


def _word(word: str) -> int:
    more = max(0, len(word) - _COMMON_WORD_LETTERS) * _PER_LETTER_MORE
    return _ONE + more + (0 if word.isascii() else _accents(word))


def _accents(word: str) -> int:
    """Return the extra weight for the rarest letter of a word."""
    rarest = max(word)
    if rarest < "\u0100":
        return _PER_ACCENTED_WORD
    return _PER_VIETNAMESE_WORD if rarest >= "\u01a0" else _PER_RARELY_ACCENTED_WORD


def estimate_prompt_tokens(
    messages: Iterable[PromptMessage], tools: Iterable[PromptMessageTool]
) -> int:
    """Estimate the tokens of messages and tools, with message overhead."""
    texts = [message.get_text_content() for message in messages]
    declarations = [tool.model_dump_json() for tool in tools]
    return (
        _TOKENS_PER_MESSAGE * len(texts)
        + sum(map(estimate_tokens, texts))
        + sum(map(estimate_tokens, declarations))
    )
