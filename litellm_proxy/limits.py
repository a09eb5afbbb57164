"""The limits on sizes, counts and times that come from outside, each with its reason.

Those of Dify's lines stand in `translation/line_limit.py`, those of the form's fields in
`translation/form/reader.py`.

One process serves all tenants on one thread. So each document, list and pause that a server or a caller
decides has a maximum here: parsing one document must take less than 50 ms, since nothing else runs
meanwhile, and longer work gives way (`litellm_proxy.event_loop`). The figures are of two shared cores.
"""

TURN_SECONDS = 0.01
"""Work between two pauses of a long loop; what cannot be divided comes on top."""

MAX_DOCUMENT_BYTES = 8 * 1024 * 1024
"""One JSON document, event of a stream, or row of a list. Parsing takes 6 ns a byte at most, and Dify's
daemon accepts lines of 5 MiB."""
MAX_DOCUMENT_OBJECTS = 10_000
"""Objects in a document: 5 µs for a tool call, which has two. Log probabilities of a blocking answer come
to this first; a stream has them in one document a token."""
MAX_DOCUMENT_VALUES = 500_000
"""Values in a document: 50 ns each, 100 ns where a list is not what it should be."""
MAX_ROWS = 20_000
"""Rows of a list; Python's garbage collector looks through all of them at once (14 ms)."""
MAX_MEMBERS = 1000
"""Members of the object around a list."""
MAX_ROW_VALUES = 50_000
"""Values in one row of a list; a vector has up to some thousand numbers, of 90 ns each."""
MAX_PARTS = 1000
"""Tool calls, choices, images or notes in one chunk: up to 8 µs each."""
MAX_BODY_BYTES = 64 * 1024 * 1024
"""A body that is read row by row, or audio; `/v1/model/info` has 3 kB a model. Also what a compressed
body may be in all: 61 kB of gzip can be 60 MB."""
MAX_ERROR_BYTES = 64 * 1024
"""Of an error response; LiteLLM's are up to some kB."""
MAX_ERROR_CHARACTERS = 8000
"""Of an error's text, which regular expressions search."""
PAUSE_BYTES = 16 * 1024
"""How much of a body is read before a loop asks whether others wait: about a millisecond of work. A stream that
trickles waits by itself."""
MIN_PIECE_BYTES = 2 * 1024
"""What a piece counts for that: chunk extensions and comments may stand around its content."""
READ_BYTES = 64 * 1024
"""One read from a socket, and one piece of what gzip unpacks."""
ROW_BYTES = 16 * 1024
"""How much of a list is looked at for one row; four times as much where the row is longer."""

MAX_CARRIED = 64 * 1024
"""Characters of reasoning in the id of a tool call. Every later turn of the conversation sends the id again."""
MAX_CARRIED_IN_ALL = 1024 * 1024
"""Of all ids of a conversation: Dify's agent plugin sends the whole prompt, each id twice, in one line of 5 MiB."""

MAX_HEADERS = 256
"""LiteLLM repeats the provider's headers beside its own."""
MAX_EMPTY_BYTES = 64 * 1024
"""Of a response without content between them: its head, chunk sizes, extensions, trailers."""

CONNECT_SECONDS = 10.0
"""Name look-up, TCP and TLS, each."""
LAST_BYTES_SECONDS = 0.05
"""How long the end of a body may take after [DONE], for the connection to be kept."""
KEEP_ALIVE_SECONDS = 30.0
"""An idle connection; servers and load balancers close theirs after 60 s or more."""
MAX_IDLE_PER_SERVER = 128
MAX_IDLE = 512
"""Idle connections of a pool: 300 base URLs in turn keep one each."""
MAX_POOLS = 32
"""One for each TLS setting and HTTP proxy on the way."""

MAX_LOOKUPS = 100
"""Host names that are looked up at the same time, each in a thread that nothing can stop."""
PATIENT_SECONDS = 5.0
"""A name that takes longer counts as not found for other calls."""
LOOKUP_FAILED_SECONDS = 5.0
"""How long a host name that was not found is not looked up again."""

MAX_CALLS_PER_PROXY = 500
"""Calls under way to one base URL: half of the SDK's worker threads (dify-plugin, MAX_WORKER=1000)."""

MAX_CALLERS = 65_536
"""Proxies and keys whose LiteLLM version is remembered: about 200 bytes each."""
MAX_CACHED_RESPONSES = 131_072
"""Responses about models, by key and model: about 400 bytes each, without their content."""
MAX_CACHED_BYTES = 64 * 1024 * 1024
"""The content of these responses; equal ones are there once."""

MAX_HELD_CHARACTERS = 8 * 1024 * 1024
"""What one answer may make us keep until its end: signed reasoning, refusals, blanks,
and text that waits for its end."""
MAX_REASONING_CHARACTERS = 512 * 1024
"""Reasoning that is kept for the next turn; of more nothing is, rather than a part."""
MAX_TOOL_CALLS = 1000
"""In one answer."""
MAX_SOURCES = 50
"""Web pages that are listed under an answer."""
MAX_URL_CHARACTERS = 2000
MAX_TITLE_CHARACTERS = 200
MAX_SPEECH_PART_BYTES = 32 * 1024 * 1024
"""Four thousand characters are some five minutes, in WAV 15 MB."""
MAX_PAGE_BYTES = 20_000
"""Of an error page, in which its kind and its title are looked for."""
MAX_MARKUP_CHARACTERS = 4000
"""Taking out markup looks to the end for every tag that is never closed."""

MAX_FORMS = 512
"""Forms in memory, with their keys."""
MAX_MODELS = 16_384
"""Models, by key, of which it is remembered what calls have shown: about 400 bytes each."""
