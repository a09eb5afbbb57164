"""The documents: links lead somewhere, messages are those of the product, the README stays short."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from litellm_proxy.errors import Failure, ProxyUnreachable
from tests.translation.errors.test_messages import REJECTIONS, rejected
from tools.sweep.report import written
from translation.errors.causes import Cause
from translation.errors.explanations import EXPLANATIONS
from translation.errors.messages import app_message, form_message

ROOT = Path(__file__).parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("readme/*.md")]
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)]+)\)")
_ROW = re.compile(r"^\| (.+?) \| ", re.MULTILINE)
MAX_README_WORDS = 1200


def anchor(heading: str) -> str:
    """Return the name of a heading in links, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_and_headings(document: Path) -> None:
    for target in _LINK.findall(document.read_text()):
        if "://" in target:
            continue
        path, _, section = target.partition("#")
        file = (document.parent / path) if path else document
        assert file.exists(), target
        if section and file.suffix == ".md":
            assert section in map(anchor, _HEADING.findall(file.read_text())), target


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().split()) <= MAX_README_WORDS


def messages() -> Iterator[str]:
    """Yield what people may read: messages of every cause and failure, and the texts in the code."""
    for fields in REJECTIONS.values():
        error = rejected("Why.", **fields)
        yield from (app_message(error), form_message(error))
    for failure in Failure:
        for via in ("", "http://proxy:3128"):
            for url in ("http://localhost:4000", "https://llm.example.com"):
                unreachable = ProxyUnreachable(failure, url, "why", via)
                yield from (app_message(unreachable), form_message(unreachable))
    for path in (ROOT / "translation").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_the_messages_of_the_troubleshooting_page_exist() -> None:
    text = (ROOT / "docs/troubleshooting.md").read_text()
    table = text[text.index("| Nothing answers") : text.index("## From a call id")]
    known = "\n".join(messages())
    parts = [
        part.strip(' ".()')
        for message in _ROW.findall(table)
        if message[0] not in "a…" or message.startswith("…")
        for part in re.split(r"…| / |\(|\)", message)
    ]
    unknown = [part for part in parts if len(part) > 3 and part not in known]
    assert not unknown


@pytest.mark.parametrize("cause", Cause)
def test_each_message_of_an_app_has_its_row(cause: Cause) -> None:
    rows = "\n".join(_ROW.findall((ROOT / "docs/troubleshooting.md").read_text())).lower()
    text = EXPLANATIONS[cause].in_app.rpartition("}")[2]
    first = re.split(r"[;.]", text)[0].lower().removeprefix("the ")
    assert first.strip() in rows


def test_the_page_of_models_begins_as_it_is_written() -> None:
    head, _, _ = written([]).partition("**")
    assert (ROOT / "docs/models.md").read_text().startswith(head)


def test_no_comment_refers_to_a_document_that_is_not_here() -> None:
    """Notes of those who wrote the code are no help to those who read it."""
    elsewhere = re.compile(r"\w-contract \d|-contract\)|\([FPH]\d\d[,)]")
    folders = ("models", "translation", "litellm_proxy", "provider", "admin", "tools", "harness")
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            assert not elsewhere.search(path.read_text()), path
