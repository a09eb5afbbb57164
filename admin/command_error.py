"""Why a command cannot go on."""


class CommandError(Exception):
    """The text is for whoever called it, one sentence a line."""
