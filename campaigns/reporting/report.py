"""Report of a campaign: one self-contained HTML file."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from argyro.campaigns.pipeline.graph import Finished
from argyro.campaigns.pipeline.grow_graph import AdaptiveProgress, adaptive_progress, finished, grown_graph
from argyro.campaigns.pipeline.stages import held_out
from argyro.campaigns.pipeline.stages.homogenize import HOMOGENIZE
from argyro.campaigns.pipeline.stages.learn import LEARN
from argyro.campaigns.pipeline.stages.ranking import RANKING
from argyro.campaigns.pipeline.stages.reference_check import REFERENCE_CHECK
from argyro.campaigns.pipeline.stages.structure import PICTURE, STRUCTURE
from argyro.campaigns.pipeline.stages.surrogate import SURROGATE, SurrogateResult
from argyro.campaigns.planning.plan_vs_actual import plan_against_actual
from argyro.campaigns.plots import figures
from argyro.campaigns.plots.series_plot import series_plot
from argyro.campaigns.reporting import adaptive_section, diffusion_tables, series_section
from argyro.campaigns.reporting.provenance import provenance, warnings
from argyro.campaigns.reporting.published_values import PELLET_NOTE, published_rows
from argyro.campaigns.reporting.time_profile import time_profile
from argyro.campaigns.runtime.failed_items import first_line, quarantined
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.common.estimate import Uncertain, in_words, significant
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.work_item import WorkItem
from argyro.platform.learning.plots import plot_rounds


@dataclass(frozen=True)
class Picture:
    """Figure with title and explanation."""

    title: str
    words: str
    picture: Markup


def write_report(root: Path, failed: dict[str, str] | None = None) -> Path:
    """Write the report from the complete items of the campaign's store.

    Args:
        root: the campaign's folder.
        failed: node name -> error of the finished run; by default from the last run's logs.

    Raises:
            InputError: the folder is not a campaign's.
    """
    folder = CampaignFolder(Path(root))
    campaign = folder.campaign()
    store = folder.store(campaign)
    if failed is None:
        logs = quarantined(folder.scratch, grown_graph(campaign, store), lambda item: not store.has(item))
        failed = {name: first_line(log) for name, log in logs.items()}
    graph = grown_graph(campaign, store, failed, folder.costs())
    done, items = finished(graph, store, failed), graph.items(frozenset(failed))
    seconds = {name: store.seconds(items[name]) for name in done.results}
    trained, ranked = done.only(SURROGATE), done.only(RANKING)
    environment = Environment(
        loader=PackageLoader("argyro.campaigns.reporting", ""), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["uncertain"] = uncertain_text
    environment.filters["given_reference"] = given_reference_text
    page = environment.get_template("report.html").render(
        campaign=campaign,
        done=len(done.results),
        total=len(graph.nodes),
        core_minutes=sum(seconds.values()) / 60,
        ranking=ranked.ranking if ranked else [],
        adaptive=_adaptive(campaign, adaptive_progress(campaign, done), done),
        pictures=list(_pictures(campaign, done)),
        surrogate=trained and trained.report,
        splits=trained.report.splits if trained else [],
        accuracy=list(_held_out(trained, items, store)),
        boundary_cells=list(_boundary_cells(done, items, store)),
        potentials=[(node.params["family"], result, result.tracked().metrics) for node, _, result in done.of(LEARN)],
        reference_checks=[(node.params["family"], result) for node, _, result in done.of(REFERENCE_CHECK)],
        regimes=[row for _, _, result in done.of(HOMOGENIZE) for row in result.regimes],
        diffusivities=diffusion_tables.diffusivity_rows(done),
        laws=diffusion_tables.law_rows(done),
        runs=diffusion_tables.run_rows(done),
        profiles=[(row, _profile(campaign, row)) for row in diffusion_tables.boundary_rows(done)],
        disorders=series_section.disorder_rows(campaign, done),
        warnings=warnings(campaign, done, failed),
        published=published_rows(ranked.ranking) if ranked else [],
        pellet_note=PELLET_NOTE,
        time_profile=time_profile(done, seconds, folder.journal()),
        reckoning=plan_against_actual(campaign, done, seconds),
        provenance=provenance(campaign, graph),
    )
    folder.report_file.write_text(page)
    return folder.report_file


def given_reference_text(number: Uncertain) -> str:
    """Write the limits without the bias of the reference; a dash where no bias applies."""
    given = number.given_reference
    return "–" if given is None else f"{significant(given.low, 2)} to {significant(given.high, 2)}"


def uncertain_text(number: Uncertain | None) -> str:
    """Format ``1.2e-06 (8.0e-07 to 2.0e-06)``; empty for None."""
    return "" if number is None else in_words(number.to_json(), digits=2)


def _adaptive(campaign: Campaign, progress: AdaptiveProgress | None, done: Finished) -> dict[str, Any] | None:
    """Collect the selected runs, reasons and certainty."""
    if progress is None:
        return None
    draw = partial(adaptive_section.certainty_plot, progress.rounds)
    runs = adaptive_section.run_rows(progress, done, campaign.md.production_ps)
    return {"progress": progress, "runs": runs, "picture": _svg(draw) if progress.rounds else ""}


def _boundary_cells(done: Finished, items: Mapping[str, WorkItem], store: Store) -> Iterator[tuple]:
    """Pair each cell with boundaries with its picture as a data URI."""
    for node, inputs, result in done.of(STRUCTURE):
        if result.boundaries:
            picture = base64.b64encode((store.path(items[node.name]) / PICTURE).read_bytes()).decode()
            yield inputs.cell, result, f"data:image/png;base64,{picture}"


def _groups(labels: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Group curves by colour: one curve each, or by material if there are more curves than colours.

    Args:
        labels: (label of the curve, label of its material).
    """
    few = len({label for label, _ in labels}) <= figures.COLOURS
    return {label: label if few else material for label, material in labels}


def _pictures(campaign: Campaign, done: Finished) -> Iterator[Picture]:
    """Draw each figure with data."""
    maps = [(inputs.cell.material.label, result) for _, inputs, result in done.of(HOMOGENIZE)]
    trained = done.only(SURROGATE)
    points = trained.parity if trained else []
    if maps:
        curves = [result.conductivity_curve for _, result in maps]
        sizes = _groups([(result.conductivity_curve.label, material) for material, result in maps])
        kelvin = campaign.screening_temperature_K
        yield Picture(
            f"Conductivity over grain size at {kelvin:g} K",
            "Nernst-Einstein from the effective diffusivity of the polycrystal; bands: 95 % of the posterior.",
            _svg(lambda path: figures.grain_size_plot(curves, path, kelvin, sizes)),
        )
        laws = {curve.label: curve for _, result in maps for curve in result.arrhenius_curves}
        named = _groups([(curve.label, material) for material, result in maps for curve in result.arrhenius_curves])
        yield Picture(
            "Arrhenius plot",
            "Symbols: molecular dynamics with 95 % intervals; open triangles: upper bounds. Bands: surrogate.",
            _svg(lambda path: figures.arrhenius_plot(points, list(laws.values()), path, named)),
        )
    for line, along in series_section.series_points(campaign, done):
        yield Picture(
            f"Series {line.label}",
            "Filled: computed, with 95 % intervals; σ of the bulk. Open: published samples, see the table of sources.",
            _svg(partial(series_plot, line.first, line.last, along)),
        )
    if points:
        yield Picture(
            "Surrogate against molecular dynamics",
            "Training data of the surrogate.",
            _svg(partial(figures.parity, points)),
        )
    for node, _, result in done.of(LEARN):
        yield Picture(
            f"Learning of {node.params['family']}",
            "Labels, level, force errors and length explored in each round.",
            _svg(partial(plot_rounds, result.rounds)),
        )


def _held_out(trained: SurrogateResult | None, items: Mapping[str, WorkItem], store: Store) -> Iterator[Picture]:
    """Show the surrogate's accuracy on held-out data, if any."""
    if trained is None or not trained.report.splits:
        return
    folder = store.path(items[SURROGATE.name])
    for title, words, name in (
        ("Surrogate on held-out data", "Best candidate of each split; bars are 95 % intervals.", held_out.PARITY),
        ("Calibration", "Share of held-out values inside intervals of a nominal share.", held_out.CALIBRATION),
    ):
        text = (folder / name).read_text()
        yield Picture(title, words, Markup(text[text.index("<svg") :]))


def _profile(campaign: Campaign, row: diffusion_tables.BoundaryRow) -> Markup:
    return _svg(partial(figures.boundary_profile, row.profile.slabs, campaign.boundary_width_nm))


def _svg(draw: Callable[[Path], object]) -> Markup:
    """Draw a figure as inline SVG."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figure.svg"
        draw(path)
        text = path.read_text()
    return Markup(text[text.index("<svg") :])
