"""Errors a user can act on: each message says what was given, what is accepted and what repairs it."""


class ArgyroError(Exception):
    """Something went wrong that is not the user's mistake; the command line exits with 1."""

    exit_code = 1
    repeats = False  # whether the same computation would come to the same end


class InputError(ArgyroError, ValueError):
    """The user's input cannot be used as given; the command line exits with 2.

    Args:
        message: what was wrong and what repairs it.
        path: where it stands, for instance ``boundaries[1]`` in a campaign file.
        given: the value as given.
        accepted: what would have been accepted.
    """

    exit_code = 2

    def __init__(self, message: str, *, path: str = "", given: object = None, accepted: str = ""):
        super().__init__(message)
        self.path, self.given, self.accepted = path, given, accepted
