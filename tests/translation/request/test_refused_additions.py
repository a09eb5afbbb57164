"""Which of an app's numbers a refusal takes out of the panel."""

import pytest

from litellm_proxy.errors import ProxyRejected
from translation.request.refused_additions import refused_parameters

GIVEN = {"temperature": 0.5, "seed": 7, "response_format": "json_object"}


@pytest.mark.parametrize(
    ("words", "classes", "refused"),
    [
        ("openai does not support parameters: ['seed']", ("UnsupportedParamsError",), {"seed"}),
        ("does not support parameters: ['seed', 'temperature']", ("UnsupportedParamsError",),
         {"seed", "temperature"}),
        ("does not support parameters: ['seed'] while it reasons", ("UnsupportedParamsError",), set()),
        ("does not support parameters: ['response_format']", ("UnsupportedParamsError",), set()),
        ("does not support parameters: ['seeds']", ("UnsupportedParamsError",), set()),
        ("seed is too large", (), set()),
    ],
)  # fmt: skip
def test_numbers_that_are_refused_whatever_they_are(
    words: str, classes: tuple[str, ...], refused: set[str]
) -> None:
    error = ProxyRejected(status=400, message=words, classes=classes)
    assert refused_parameters(error, GIVEN) == refused
