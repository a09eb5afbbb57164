"""Gaps of LiteLLM versions themselves, which a plain HTTP client sees too."""

from collections.abc import Mapping

_NAMES = (
    "its token counter resolves no names, so a hidden alias and a name that does not exist look alike; "
    "both are saved"
)
_CUTS = "a stream that its provider broke off is closed with a finish reason of LiteLLM's own, like a whole one"
_TAGS = "tags of callers are dropped unless the key allows them (allow_client_tags)"

KNOWN_GAPS: Mapping[str, Mapping[str, str]] = {
    "1.60.0": {"test_an_unknown_model_is_refused_with_names": _NAMES},
    "1.63.14": {"test_an_unknown_model_is_refused_with_names": _NAMES},
    "1.72.9": {
        "test_an_unknown_model_is_refused_with_names": _NAMES,
        "test_a_broken_stream_is_an_error": _CUTS,
    },
    "1.77.7": {"test_a_broken_stream_is_an_error": _CUTS},
    "1.83.14": {
        "test_a_broken_stream_is_an_error": _CUTS,
        "test_tags_and_session_reach_the_log": _TAGS,
    },
}
"""Reasons by version and test."""

NOTES = [
    "1.82.7, 1.82.8 and 1.107.* were reported to be compromised: do not use them.",
]
