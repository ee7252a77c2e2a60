"""Errors a user can act on: each message says what was given, what is accepted and what repairs it."""


class ArgyroError(Exception):
    """Signal a failure that is not the user's mistake; the command line exits with 1."""

    exit_code = 1
    repeats = False  # whether another attempt would fail in the same way


class InputError(ArgyroError, ValueError):
    """Signal input that cannot be used as given; the command line exits with 2.

    Args:
        message: value, rule and repair, in one sentence.
        path: setting of the value in a question to the service.
        accepted: values that would be accepted.
    """

    exit_code = 2

    def __init__(self, message: str, *, path: str = "", accepted: str = ""):
        super().__init__(message)
        self.path, self.accepted = path, accepted
