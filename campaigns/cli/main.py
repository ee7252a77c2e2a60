"""The command line: every command has ``--json``, exits 0 on success, 2 on a user's mistake, 1 otherwise."""

from __future__ import annotations

import sys
from typing import cast

import typer

from argyro.campaigns.cli import (
    campaign,
    diff,
    diffusion,
    homogenize,
    inspect,
    labels,
    potential,
    predict,
    serve,
    setup,
    structure,
)
from argyro.campaigns.cli.output import print_error
from argyro.platform.common.errors import ArgyroError

# An unknown command or option; typer names this class only as the base of its public one.
UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__base__)

CTRL_C = 130  # typer returns it in place of KeyboardInterrupt

app = typer.Typer(
    name="argyro",
    help="Screens Li argyrodite solid electrolytes as real polycrystals.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (setup, campaign, inspect, diff, predict, serve, structure, diffusion, homogenize, potential, labels):
    module.register(app)


def main(arguments: list[str] | None = None) -> None:
    """Run a command; errors a user can act on are one message, not a traceback."""
    arguments = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in arguments
    try:
        code = app(arguments, standalone_mode=False) or 0
        if code == CTRL_C:
            raise KeyboardInterrupt
    except UsageError as error:
        print_error(error.format_message(), as_json)
        code = 2
    except ArgyroError as error:
        print_error(str(error), as_json, getattr(error, "details", None))
        code = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print_error("stopped", as_json)
        code = 1
    sys.exit(code)
