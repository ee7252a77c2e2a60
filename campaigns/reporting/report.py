"""The report of a campaign: one HTML file that needs nothing beside itself."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from argyro.campaigns.pipeline import held_out
from argyro.campaigns.pipeline.grow_graph import grown_graph, rounds
from argyro.campaigns.pipeline.structure import PICTURE
from argyro.campaigns.planning.plan_vs_actual import plan_against_actual
from argyro.campaigns.plots import figures
from argyro.campaigns.reporting import adaptive_section, diffusion_tables
from argyro.campaigns.reporting.provenance import provenance, warnings
from argyro.campaigns.runtime.failed_items import first_line, quarantined
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.platform.common.estimate import in_words
from argyro.platform.learning.plots import plot_rounds


def write_report(root: Path, failed: dict[str, str] | None = None) -> Path:
    """Write the report from what is complete in the campaign's store.

    Args:
        root: the campaign's folder.
        failed: node name -> error, of the run that just ended; by default what the logs of the last one say.

    Raises:
        InputError: not a campaign's folder.
    """
    folder = CampaignFolder(Path(root))
    campaign = folder.campaign()
    store = folder.store(campaign)
    if failed is None:
        logs = quarantined(folder.scratch, grown_graph(campaign, store), lambda item: not store.has(item))
        failed = {name: first_line(log) for name, log in logs.items()}
    graph = grown_graph(campaign, store, failed, folder.costs())
    items = {name: item for name, item in graph.items(frozenset(failed)).items() if store.has(item)}
    results = {name: store.result(item) for name, item in items.items()}
    surrogate = results.get("surrogate", {}).get("report", {})
    environment = Environment(
        loader=PackageLoader("argyro.campaigns.reporting", ""), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["uncertain"] = uncertain_text
    page = environment.get_template("report.html").render(
        campaign=campaign,
        done=len(results),
        total=len(graph.nodes),
        core_minutes=sum(store.seconds(item) for item in items.values()) / 60,
        ranking=results.get("ranking", {}).get("ranking", []),
        adaptive=_adaptive(campaign, graph, results),
        pictures=list(_pictures(campaign, graph, results)),
        surrogate=surrogate,
        splits=surrogate.get("splits", []),
        accuracy=list(_held_out(items, results, store)),
        boundary_cells=list(_boundary_cells(graph, items, results, store)),
        potentials=_potentials(results),
        regimes=[row for result in results.values() for row in result.get("regimes", [])],
        diffusivities=diffusion_tables.diffusivity_rows(graph, results),
        laws=diffusion_tables.law_rows(graph, results),
        runs=diffusion_tables.run_rows(graph, results),
        profiles=list(_profiles(campaign, graph, results)),
        warnings=warnings(campaign, results, failed),
        reckoning=plan_against_actual(campaign, graph, items, results, store),
        provenance=provenance(campaign, graph),
    )
    folder.report_file.write_text(page)
    return folder.report_file


def uncertain_text(number: dict | None) -> str:
    """``1.2e-06 (8.0e-07 to 2.0e-06)``; nothing for no number."""
    return "" if number is None else in_words(number, digits=2)


def _adaptive(campaign, graph, results: dict[str, dict]) -> dict | None:
    """Which runs were chosen, why, and how certainty grew."""
    told = rounds(campaign, results)
    if told is None:
        return None
    picture = _svg(lambda path: adaptive_section.certainty_plot(told["rounds"], path)) if told["rounds"] else ""
    return {**told, "runs": adaptive_section.run_rows(told, graph, results), "picture": picture}


def _potentials(results: dict[str, dict]) -> list[dict]:
    return [
        {"family": name.removeprefix("learn/"), "rounds": len(result["rounds"]), "metrics": result["metrics"]}
        for name, result in results.items()
        if name.startswith("learn/")
    ]


def _boundary_cells(graph, items, results: dict[str, dict], store):
    """Each grain-boundary cell with its picture as a data URI."""
    for name, result in results.items():
        if name.startswith("structure/") and result["boundaries"]:
            picture = base64.b64encode((store.path(items[name]) / PICTURE).read_bytes()).decode()
            yield {**graph.nodes[name].facts, **result, "picture": f"data:image/png;base64,{picture}"}


def _grouped(graph, maps: dict[str, dict], key: str) -> list[dict]:
    """Curves of all candidates; a material with all its boundaries is a group if there are more names than colours."""
    named = [(graph.nodes[name].facts["material"], curve) for name, result in maps.items() for curve in result[key]]
    few = len({curve["label"] for _, curve in named}) <= figures.COLOURS
    return [{**curve, "group": curve["label"] if few else material} for material, curve in named]


def _pictures(campaign, graph, results: dict[str, dict]):
    """Title, explanation and inline picture of each figure there are data for."""
    maps = {name: result for name, result in results.items() if name.startswith("homogenize/")}
    points = results.get("surrogate", {}).get("parity", [])
    if maps:
        curves = _grouped(graph, maps, "conductivity_curves")
        yield (
            f"Conductivity against grain size at {campaign.screening_temperature_K:g} K",
            "Nernst-Einstein from the effective diffusivity of the polycrystal; bands hold 95 % of the posterior.",
            _svg(lambda path: figures.grain_size_plot(curves, path, campaign.screening_temperature_K)),
        )
        laws = {curve["label"]: curve for curve in _grouped(graph, maps, "arrhenius_curves")}
        yield (
            "Arrhenius plot",
            "Symbols: molecular dynamics with 95 % intervals, open triangles are upper bounds. Bands: the surrogate.",
            _svg(lambda path: figures.arrhenius_plot(points, list(laws.values()), path)),
        )
    if points:
        yield (
            "Surrogate against molecular dynamics",
            "Points that the surrogate was trained on.",
            _svg(lambda path: figures.parity(points, path)),
        )
    for name, result in results.items():
        if name.startswith("learn/"):
            rounds = result["rounds"]
            yield (
                f"Learning of {name.removeprefix('learn/')}",
                "Labels and level, force errors against the reference, and the length explored, round by round.",
                _svg(partial(plot_rounds, rounds)),
            )


def _held_out(items, results: dict[str, dict], store):
    """The surrogate's accuracy on what it had not seen, where something could be left out."""
    if not results.get("surrogate", {}).get("report", {}).get("splits"):
        return
    folder = store.path(items["surrogate"])
    for title, words, name in (
        ("Surrogate on what it had not seen", "Best candidate of each split; bars hold 95 %.", held_out.PARITY),
        ("Calibration", "Share of held-out values inside intervals of a nominal share.", held_out.CALIBRATION),
    ):
        text = (folder / name).read_text()
        yield title, words, Markup(text[text.index("<svg") :])


def _profiles(campaign, graph, results: dict[str, dict]):
    """Each boundary with the picture of its profile."""
    for row in diffusion_tables.boundary_rows(graph, results):
        draw = partial(figures.boundary_profile, row["profile"], campaign.boundary_width_nm)
        yield {**row, "picture": _svg(draw)}


def _svg(draw: Callable[[Path], None]) -> Markup:
    """A figure as inline SVG."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figure.svg"
        draw(path)
        text = path.read_text()
    return Markup(text[text.index("<svg") :])
