"""Limits on sizes, counts and times that come from outside, each with its reason.

The limits on lines for Dify are in `translation/line_limit.py`, on form fields in
`translation/form/reader.py`.

One process serves all tenants on one thread. So each document, list and pause that a server or a
caller controls has a maximum here: parsing one document must take less than 50 ms, as nothing else
runs meanwhile, and longer work gives way (`litellm_proxy.event_loop`). The times were measured on
two shared cores.
"""

TURN_SECONDS = 0.01
"""Work between two pauses of a long loop; an indivisible step may exceed it."""

MAX_DOCUMENT_BYTES = 8 * 1024 * 1024
"""One JSON document, stream event or row of a list. Parsing takes at most 6 ns per byte, and Dify's
daemon accepts lines of 5 MiB."""
MAX_DOCUMENT_OBJECTS = 10_000
"""Objects in a document: 5 µs per tool call, which has two. Log probabilities of a blocking
response reach this limit first; a stream has one document per token."""
MAX_DOCUMENT_VALUES = 500_000
"""Values in a document: 50 ns each, 100 ns if a list is of the wrong type."""
MAX_ROWS = 20_000
"""Rows of a list; Python's garbage collector scans all of them at once (14 ms)."""
MAX_MEMBERS = 1000
"""Members of the object that contains a list."""
MAX_ROW_VALUES = 50_000
"""Values in one row of a list; a vector has up to some thousand numbers, 90 ns each."""
MAX_PARTS = 1000
"""Tool calls, choices, images or annotations in one chunk: up to 8 µs each."""
MAX_BODY_BYTES = 64 * 1024 * 1024
"""A body that is parsed row by row, or audio; `/v1/model/info` has 3 kB per model. Also the limit
of a decompressed body: 61 kB of gzip can be 60 MB."""
MAX_ERROR_BYTES = 64 * 1024
"""Bytes read of an error response; LiteLLM's have up to some kB."""
MAX_ERROR_CHARACTERS = 8000
"""Characters of an error message, which regular expressions search."""
PAUSE_BYTES = 16 * 1024
"""Bytes of a body that are read before a loop gives way: about a millisecond of work. A slow stream
waits by itself."""
MIN_PIECE_BYTES = 2 * 1024
"""Minimum size of a piece in this count: chunk extensions and comments may surround its content."""
READ_BYTES = 64 * 1024
"""One read from a socket, and one piece of decompressed data."""
ROW_BYTES = 16 * 1024
"""Bytes of a list that are searched for one row; multiplied by four if the row is longer."""

MAX_CARRIED = 64 * 1024
"""Characters of reasoning in the id of a tool call. Every later turn of the conversation sends the
id again."""
MAX_CARRIED_IN_ALL = 1024 * 1024
"""Of all ids of a conversation: Dify's agent plugin sends the whole prompt, each id twice, in one
line of 5 MiB."""

MAX_HEADERS = 256
"""LiteLLM repeats the provider's headers with its own."""
MAX_EMPTY_BYTES = 64 * 1024
"""Bytes of a response without content between them: its head, chunk sizes, extensions, trailers."""

CONNECT_SECONDS = 10.0
"""Each for name look-up, TCP and TLS."""
LAST_BYTES_SECONDS = 0.05
"""Maximum wait after [DONE] for the end of the body, to keep the connection."""
KEEP_ALIVE_SECONDS = 30.0
"""Lifetime of an idle connection; servers and load balancers close theirs after 60 s or more."""
MAX_IDLE_PER_SERVER = 128
MAX_IDLE = 512
"""Idle connections of a pool: 300 base URLs in turn keep one each."""
MAX_POOLS = 32
"""One per TLS setting and HTTP proxy."""

MAX_LOOKUPS = 100
"""Concurrent look-ups of host names, each in a thread that cannot be stopped."""
SHARED_LOOKUP_SECONDS = 5.0
"""A look-up that times out after this time or longer is stored as failed, for all calls."""
LOOKUP_FAILED_SECONDS = 5.0
"""How long a failed look-up of a host name is not repeated."""

MAX_CALLS_PER_PROXY = 500
"""Concurrent calls to one base URL: half of the SDK's worker threads (dify-plugin,
MAX_WORKER=1000)."""

MAX_CALLERS = 65_536
"""Pairs of proxy and key with a stored LiteLLM version: about 200 bytes each."""
MAX_CACHED_RESPONSES = 131_072
"""Cached responses about models, by key and model: about 400 bytes each, without their content."""
MAX_CACHED_BYTES = 64 * 1024 * 1024
"""Content of these responses; equal contents are stored once."""

MAX_HELD_CHARACTERS = 8 * 1024 * 1024
"""Content that one response may make us hold until its end: signed reasoning, refusals, blanks, and
text that cannot be shown before the end."""
MAX_REASONING_CHARACTERS = 512 * 1024
"""Reasoning kept for the next turn; longer reasoning is dropped as a whole, not cut."""
MAX_TOOL_CALLS = 1000
"""Tool calls in one response."""
MAX_SOURCES = 50
"""Web pages listed below an answer."""
MAX_URL_CHARACTERS = 2000
MAX_TITLE_CHARACTERS = 200
MAX_SPEECH_PART_BYTES = 32 * 1024 * 1024
"""Four thousand characters are about five minutes, 15 MB as WAV."""
MAX_PAGE_BYTES = 20_000
"""Bytes of an error page that are searched for its type and title."""
MAX_MARKUP_CHARACTERS = 4000
"""Removing markup scans to the end for every tag that is not closed."""

MAX_FORMS = 512
"""Parsed forms in memory, with their keys."""
MAX_MODELS = 16_384
"""Models, by key, with data learned from calls: about 400 bytes each."""
