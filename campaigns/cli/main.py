"""Command line: every command has ``--json`` and exits with 0 on success, 2 on invalid input, 1 otherwise."""

from __future__ import annotations

import codecs
import errno
import locale
import os
import sys
from typing import Annotated, cast

import typer

from argyro.campaigns.cli import labels, potential
from argyro.campaigns.cli.campaign import run
from argyro.campaigns.cli.diff import diff
from argyro.campaigns.cli.diffusion import diffusion
from argyro.campaigns.cli.folder import export, report, status, ui
from argyro.campaigns.cli.homogenize import homogenize
from argyro.campaigns.cli.output import print_error, print_in_any_encoding
from argyro.campaigns.cli.predict import predict
from argyro.campaigns.cli.prepare import doctor, plan, schema, template, validate
from argyro.campaigns.cli.serve import serve
from argyro.campaigns.cli.structure import structure
from argyro.campaigns.cli.usage import usage_message
from argyro.platform.common.errors import ArgyroError, InputError

TRACEBACK_VARIABLE = "ARGYRO_TRACEBACK"
_USERS_PATHS = (errno.ENOENT, errno.EACCES, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.EROFS, errno.EPERM)

# Raised for an unknown command or option; in typer, only the base of a public class.
UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__base__)

CTRL_C = 130  # returned by typer instead of KeyboardInterrupt

app = typer.Typer(
    name="argyro",
    help="Screen Li argyrodite solid electrolytes as real polycrystals.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def print_version(asked: bool) -> None:
    """Print the version of argyro and exit, if asked."""
    if asked:
        from importlib.metadata import version

        print(f"argyro {version('argyro')}")
        raise typer.Exit


COMMANDS = (
    *(template, schema, validate, plan, doctor, run, status, report, export, ui, diff),
    *(predict, serve, structure, diffusion, homogenize),
)


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=print_version, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options before a command."""


for command in COMMANDS:
    app.command()(command)
app.add_typer(potential.group, name="potential")
app.add_typer(labels.group, name="labels")


def main(arguments: list[str] | None = None) -> None:
    """Run a command; print an error as one message without a traceback."""
    if arguments is None:
        _use_utf8_files()
        arguments = sys.argv[1:]
    print_in_any_encoding()
    sys.exit(_run(arguments, "--json" in arguments))


def _run(arguments: list[str], as_json: bool) -> int:
    """Run a command and return its exit code."""
    try:
        _refuse_infinite(arguments)
        code = app(arguments, standalone_mode=False) or 0
        if code == CTRL_C:
            raise KeyboardInterrupt
        return code
    except UsageError as error:
        print_error(usage_message(error, arguments), as_json)
        return 2
    except ArgyroError as error:
        print_error(_with_accepted(error), as_json, getattr(error, "details", None))
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print_error("stopped", as_json)
        return 1
    except BrokenPipeError:  # the reader of a pipe ended
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123, for the interpreter's last flush
        return 1
    except OSError as error:
        if error.filename is None or error.errno not in _USERS_PATHS:
            return _unexpected(error, as_json)
        print_error(f"{error.filename}: {error.strerror}; check the path and its permissions", as_json)
        return InputError.exit_code
    except Exception as error:
        return _unexpected(error, as_json)


def _unexpected(error: Exception, as_json: bool) -> int:
    """Print the last line of a traceback; the environment variable shows all."""
    if os.environ.get(TRACEBACK_VARIABLE):
        raise error
    words = " ".join(str(error).split()) or "no message"
    print_error(f"unexpected {type(error).__name__}: {words}; set {TRACEBACK_VARIABLE}=1 for the traceback", as_json)
    return ArgyroError.exit_code


def _refuse_infinite(arguments: list[str]) -> None:
    """Refuse nan and inf, which Python accepts as numbers.

    Raises:
        InputError: an argument is nan or inf.
    """
    for argument in arguments:
        value = argument.rpartition("=")[2].strip().lstrip("+-").lower()
        if value in ("nan", "inf", "infinity"):
            raise InputError(f"{argument!r} is not a finite number; give a finite number")


def _with_accepted(error: ArgyroError) -> str:
    """Append the accepted values to a message without them."""
    message, accepted = str(error), error.accepted if isinstance(error, InputError) else ""
    if not accepted or getattr(error, "details", None) or accepted.casefold() in message.casefold():
        return message
    return f"{message} (accepted: {accepted})"


def _use_utf8_files() -> None:
    """Restart Python in UTF-8 mode under another locale, so that files are UTF-8 on every machine.

    The encoding of the terminal is kept.
    """
    if sys.flags.utf8_mode or codecs.lookup(locale.getpreferredencoding(False)).name == "utf-8":
        return
    environment = {"PYTHONIOENCODING": sys.stdout.encoding, **os.environ, "PYTHONUTF8": "1"}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)
