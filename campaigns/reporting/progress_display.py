"""Progress display of a running campaign: stages, running items, time left."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from argyro.campaigns.reporting.time_left import time_left_s
from argyro.campaigns.runtime.scheduler import Scheduler
from argyro.platform.execution.task import progress_file

LINE_EVERY_S = 15.0


class CampaignView:
    """Table of stages and one line per running item."""

    def __init__(self, scheduler: Scheduler):
        self.scheduler = scheduler
        self.started = time.monotonic()
        self.done_at_start: frozenset[str] | None = None

    def __rich__(self) -> Group:
        lines = [Text(f"  {name}  {text}", style="dim") for name, text in self.running()]
        return Group(self._table(), *lines, Text(self.clock()))

    def _table(self) -> Table:
        table = Table("stage", "done", "running", "waiting", "failed", box=None, pad_edge=False)
        for row in stage_rows(self.scheduler):
            cells = [f"{row['done']}/{row['total']}", *(str(row[k] or "") for k in ("running", "waiting", "failed"))]
            table.add_row(row["name"], *cells, style="green" if row["done"] == row["total"] else "")
        return table

    def running(self) -> list[tuple[str, str]]:
        """List name and progress of each running item."""
        return [(name, self._words(name)) for name in sorted(self.scheduler.progress.running)]

    def _report(self, name: str) -> dict[str, Any]:
        file = progress_file(self.scheduler.scratch, self.scheduler.key(name))
        try:
            return json.loads(file.read_text())
        except (OSError, ValueError):
            return {}

    def _words(self, name: str) -> str:
        report = self._report(name)
        return f"{100 * report['fraction']:.0f} % {report.get('text', '')}" if report else ""

    def seconds_left(self) -> float | None:
        """Estimate the time left, see `time_left_s`."""
        nodes, progress = self.scheduler.graph.nodes, self.scheduler.progress
        if self.done_at_start is None:
            self.done_at_start = frozenset(progress.done)
        partial = {name: self._report(name).get("fraction", 0.0) for name in progress.running.copy()}
        computed = sum(nodes[name].cost_core_s for name in progress.done - self.done_at_start)
        computed += sum(nodes[name].cost_core_s * fraction for name, fraction in partial.items())
        left = sum(nodes[name].cost_core_s for name in progress.waiting | progress.running)
        left -= sum(nodes[name].cost_core_s * fraction for name, fraction in partial.items())
        return time_left_s(computed, left, time.monotonic() - self.started)

    def clock(self) -> str:
        """Format the time since the start and the time left."""
        left = self.seconds_left()
        words = "" if left is None else f", about {_duration(left)} left"
        return f"{_duration(time.monotonic() - self.started)} elapsed{words}"


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {seconds:02d} s"


def stage_rows(scheduler: Scheduler) -> list[dict[str, Any]]:
    """Count for each stage the items done, running, waiting and failed."""
    progress, nodes = scheduler.progress, scheduler.graph.nodes
    failed = set(progress.failed) | progress.skipped | (progress.retried & progress.waiting)
    rows = []
    for stage in scheduler.graph.stages():
        names = {name for name, node in nodes.items() if node.stage.name == stage}
        rows.append(
            {
                "name": stage,
                "total": len(names),
                "done": len(names & progress.done),
                "running": len(names & progress.running),
                "waiting": len(names & progress.waiting - failed),
                "failed": len(names & failed),
            }
        )
    return rows


@contextmanager
def live_display(scheduler: Scheduler, console: Console) -> Iterator[None]:
    """Show a live table on a terminal; print a line at intervals elsewhere, such as in a log file."""
    view = CampaignView(scheduler)
    if console.is_terminal:
        with Live(view, console=console, refresh_per_second=2):
            yield
        return
    stop = threading.Event()
    printer = threading.Thread(target=_print_lines, args=(view, console, stop), daemon=True)
    printer.start()
    try:
        yield
    finally:
        stop.set()
        printer.join()
        console.print(view)


def _print_lines(view: CampaignView, console: Console, stop: threading.Event) -> None:
    while not stop.wait(LINE_EVERY_S):
        stages = ", ".join(f"{r['name']} {r['done']}/{r['total']}" for r in stage_rows(view.scheduler))
        running = "; ".join(f"{name} {words}".strip() for name, words in view.running())
        console.print(f"[{view.clock()}] {stages} | {running}", soft_wrap=True, highlight=False, markup=False)
