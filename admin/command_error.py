"""The error of a command."""


class CommandError(Exception):
    """A command failed.

    The text is for the person who ran it, one sentence per line.
    """
