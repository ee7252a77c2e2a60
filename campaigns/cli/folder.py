"""Commands for a campaign's folder: status, report, export, ui."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from argyro.campaigns.cli.output import JsonFlag, console, print_json
from argyro.campaigns.cli.output_files import require_folder
from argyro.platform.execution.child_processes import die_with_parent

if TYPE_CHECKING:
    from argyro.campaigns.reporting.status import StatusReader

WATCH_EVERY_S = 5.0
POLL_S = 0.2
LINES = 10  # limit of running items and errors shown

Folder = Annotated[Path, typer.Argument(help="Folder of a campaign.", show_default=False)]
OutsideStoreFlag = Annotated[
    bool, typer.Option("--outside", help="Read a store outside of the folder and of the current directory.")
]


def status(
    folder: Folder,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh until the campaign is complete.")] = False,
    outside: OutsideStoreFlag = False,
    json_: JsonFlag = False,
) -> None:
    """Show the state of a campaign: stages, pace, time left, last errors."""
    from argyro.campaigns.reporting.status import StatusReader

    _require_store_inside(folder, outside)
    reader = StatusReader(folder)
    if json_:
        print_json(reader.read())
    elif watch:
        _watch(reader, folder)
    else:
        console.print(_status_view(reader.read(), folder))


def _watch(reader: StatusReader, folder: Path) -> None:
    """Refresh the status until the campaign is complete; Ctrl-C ends the display, not the campaign."""
    document = reader.read()
    with Live(_status_view(document, folder), console=console, auto_refresh=False) as live, suppress(KeyboardInterrupt):
        while document["active"] or any(stage["waiting"] or stage["running"] for stage in document["stages"]):
            time.sleep(WATCH_EVERY_S)
            document = reader.read()
            live.update(_status_view(document, folder), refresh=True)


def _status_view(document: dict, folder: Path) -> Group:
    columns = ("waiting", "running", "done", "failed", "quarantined")
    table = Table("stage", *columns, box=None)
    for stage in document["stages"]:
        table.add_row(stage["name"], *(str(stage[column]) for column in columns))
    lines = [f"  {item['name']}  {100 * item['fraction']:.0f} % {item['text']}" for item in document["running"]]
    running = [Text(line, style="dim") for line in lines[:LINES]]
    errors = [Text(f"failed: {error}", style="red") for error in document["errors"][-LINES:]]
    adaptive = [Text(_round_words(document["acquisition"]))] if document["acquisition"] else []
    warnings = [Text(f"warning: {warning}", style="yellow") for warning in document["warnings"]]
    return Group(table, *running, *adaptive, Text(_pace_words(document, folder)), *warnings, *errors)


def _round_words(acquisition: dict) -> str:
    """Describe the rounds of an adaptive campaign; each adds items to the stages above."""
    words = f"adaptive: {len(acquisition['chosen'])} of {acquisition['possible_runs']} possible MD runs selected"
    if acquisition["rounds"]:
        last = acquisition["rounds"][-1]
        words += f" by round {last['round']}, after {last['md_core_hours']:.3g} core-hours of MD: "
        words += f"P(best) {last['probability_best']:.2f}, regret {last['regret_dex']:.2g} dex"
    return words + (f"; the selection ended: {acquisition['stopped']}" if acquisition["stopped"] else "")


def _pace_words(document: dict, folder: Path) -> str:
    left = sum(stage["waiting"] + stage["running"] for stage in document["stages"])
    if not left and not document["active"]:
        return "complete"
    if not document["active"]:
        go_on = f"argyro run {folder / 'campaign.yaml'} --workdir {folder}"
        return f"{left} items left, no run is active; resume with: {go_on}"
    pace, hours = document["items_per_hour"], document["hours_left"]
    words = "" if pace is None else f", {pace:.3g} items an hour in the last hour"
    return f"{left} items left{words}" + ("" if hours is None else f", about {hours:.2g} h left")


def report(folder: Folder, outside: OutsideStoreFlag = False, json_: JsonFlag = False) -> None:
    """Write the report of a campaign from its store."""
    from argyro.campaigns.reporting.report import write_report

    _require_store_inside(folder, outside)
    file = write_report(folder)
    print_json({"report": str(file)}) if json_ else console.print(f"report   {file}")


def export(
    folder: Folder,
    out: Annotated[
        Path, typer.Option(help="Output folder; files of an earlier export are replaced, other files are kept.")
    ],
    outside: OutsideStoreFlag = False,
    json_: JsonFlag = False,
) -> None:
    """Export results, relaxed cells, potentials and surrogate of a campaign to a folder of plain files."""
    from rich.progress import Progress

    from argyro.campaigns.results.export import export_campaign

    require_folder(out, "--out")
    _require_store_inside(folder, outside)
    with Progress(console=console, transient=True, disable=json_ or not console.is_terminal) as bar:
        task = bar.add_task("relaxed cells", total=None)
        document = export_campaign(folder, out, lambda done, total: bar.update(task, completed=done, total=total))
    if json_:
        print_json(document)
        return
    console.print(
        f"written  {out}, {document['megabytes']:g} MB: {document['rows']} results ({document['valid_rows']} with a "
        f"value), {document['structures']} cells, {document['potentials']} potentials, the surrogate"
    )


def _require_store_inside(folder: Path, outside: bool) -> None:
    from argyro.campaigns.runtime.workspace import CampaignFolder
    from argyro.campaigns.spec.path_sandbox import require_store_inside

    if not outside:
        require_store_inside(CampaignFolder(folder).campaign(), folder)


def ui(
    folder: Folder,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 5000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    json_: JsonFlag = False,
) -> None:
    """Serve the MLflow page of a campaign's runs; it opens on the polycrystals."""
    from argyro.actors.mlflow_tracker import default_tracking_uri, polycrystal_view
    from argyro.campaigns.runtime.workspace import CampaignFolder

    campaign = CampaignFolder(folder).campaign()
    uri = campaign.tracking or default_tracking_uri(folder)
    if uri.startswith("http"):  # an MLflow server has its own page
        _print_address(uri, uri, json_, "")
        return
    address = f"http://{host}:{port}"
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri, "--host", host, "--port", str(port)]

    def ready() -> None:
        _print_address(address + polycrystal_view(uri, campaign.name), uri, json_, "; stop with Ctrl-C")

    raise typer.Exit(_serve(command, address, ready))


def _print_address(address: str, uri: str, json_: bool, ending: str) -> None:
    if json_:
        print_json({"address": address, "tracking_uri": uri})
    else:
        console.print(f"MLflow at {address}{ending}", soft_wrap=True, markup=False, highlight=False)


def _serve(command: list[str], address: str, ready: Callable[[], None]) -> int:
    """Run a server until it ends or Ctrl-C; its child processes end with it. Call `ready` when it answers."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    server = subprocess.Popen(command, env=environment, start_new_session=True, preexec_fn=die_with_parent)
    try:
        while server.poll() is None and not _answers(address):
            time.sleep(POLL_S)
        if server.poll() is None:
            ready()
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)


def _answers(address: str) -> bool:
    """Check whether a server answers over HTTP."""
    from urllib.error import HTTPError
    from urllib.request import urlopen

    try:
        urlopen(address, timeout=5).close()
    except HTTPError:
        return True
    except OSError:
        return False
    return True
