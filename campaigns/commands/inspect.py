"""Commands on a campaign's folder: status, report, export, ui."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from argyro.campaigns.commands.output import JsonFlag, console, print_json
from argyro.platform.processes import die_with_parent

Folder = Annotated[Path, typer.Argument(help="Folder of a campaign.", show_default=False)]


def status(folder: Folder, json_: JsonFlag = False) -> None:
    """Show the stages of a campaign: waiting, running, done, failed, quarantined."""
    from argyro.campaigns.status import campaign_status

    document = campaign_status(folder)
    if json_:
        print_json(document)
        return
    columns = ("waiting", "running", "done", "failed", "quarantined")
    table = Table("stage", *columns, box=None)
    for stage in document["stages"]:
        table.add_row(stage["name"], *(str(stage[column]) for column in columns))
    console.print(table)
    for error in document["errors"]:
        console.print(f"failed: {error}", style="red", markup=False)


def report(folder: Folder, json_: JsonFlag = False) -> None:
    """Write the report of a campaign anew from its store."""
    from argyro.campaigns.report import write_report

    file = write_report(folder)
    print_json({"report": str(file)}) if json_ else console.print(f"report   {file}")


def export(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="Folder to write; an earlier export there is replaced.")],
    json_: JsonFlag = False,
) -> None:
    """Write results, relaxed cells, potentials and surrogate of a campaign as a small folder of plain files."""
    from argyro.campaigns.export import export_campaign

    document = export_campaign(folder, out)
    if json_:
        print_json(document)
        return
    console.print(
        f"written  {out}, {document['megabytes']:g} MB: {document['rows']} results ({document['valid_rows']} with a "
        f"value), {document['structures']} cells, {document['potentials']} potentials, the surrogate"
    )


def ui(
    folder: Folder,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 5000,
    host: Annotated[str, typer.Option(help="Address to listen on; loopback unless told otherwise.")] = "127.0.0.1",
    json_: JsonFlag = False,
) -> None:
    """Open the MLflow page of a campaign's runs."""
    from argyro.actors.tracker import default_tracking_uri
    from argyro.campaigns.folder import CampaignFolder

    campaign = CampaignFolder(folder).campaign()
    uri = campaign.tracking or default_tracking_uri(folder)
    address = f"http://{host}:{port}"
    print_json({"address": address, "tracking_uri": uri}) if json_ else console.print(
        f"MLflow at {address}; stop with Ctrl-C"
    )
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri, "--host", host, "--port", str(port)]
    raise typer.Exit(_serve(command))


def _serve(command: list[str]) -> int:
    """Run a server until it ends or is stopped; the processes that it started end with it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    server = subprocess.Popen(command, env=environment, start_new_session=True, preexec_fn=die_with_parent)
    try:
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (status, report, export, ui):
        app.command()(command)
