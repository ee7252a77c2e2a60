"""Model card of a surrogate."""

from __future__ import annotations

from argyro.surrogates.data.boundary_excess import BoundaryExcess
from argyro.surrogates.models.fitted import Fitted


def model_card(surrogate: Fitted) -> str:
    """Describe data, accuracy and use of a surrogate in Markdown."""
    report, domain = surrogate.report, surrogate.domain
    kelvin = ", ".join(f"{t:g}" for t in report["temperatures_K"])
    lines = [
        "# Surrogate of Li diffusivity in argyrodites and their grain boundaries",
        "",
        f"Model: **{report['shipped']}**, selected by held-out log density ({report['split']}).",
        "Output: ln D0 and Ea of the bulk and of boundaries, parallel and perpendicular, with a posterior that is",
        "narrow for simulated structures.",
        "",
        "## Data",
        f"- {report['values']} diffusivities and {report['bounds']} upper bounds",
        f"- labels of the potential: {report['label_source'] or 'not stated'}",
        f"- materials (composition, disorder): {', '.join(report['materials'])}",
        f"- boundaries: {', '.join(report['boundaries'])}; width {surrogate.width_nm or '-'} nm",
        f"- temperatures: {kelvin} K",
        *_frozen(surrogate),
        *_excess(surrogate.excess),
        "",
        "## Accuracy on held-out groups",
        *_table(report),
        *_splits(report.get("splits", [])),
        "",
        f"Noise floor of the labels: {report['noise_floor_dex']:.3f} dex.",
        *_reference(surrogate),
        f"Conformal factor on the intervals of new structures: {surrogate.calibration:.2f}.",
        "",
        "## Use",
        f"Elements {', '.join(domain.elements)}; boundaries {', '.join(domain.boundaries)}; up to 300 K above the",
        f"hottest run, {domain.temperatures_K[1]:g} K. Outside, answers have `in_domain: false` and warnings. Lower",
        "temperatures are extrapolated by the Arrhenius law: the interval includes the uncertainty of the barrier, but",
        "no change of mechanism.",
        "",
    ]
    return "\n".join(lines)


def _reference(surrogate: Fitted) -> list[str]:
    """State the discrepancy of the reference."""
    prior = surrogate.discrepancy
    if not prior.sigma:
        return []
    return [
        f"Bias of the reference: barriers are stretched by {prior.mean:+.1%} ± {prior.sigma:.1%}, and by halide"
        f" ± {prior.halide_sigma:.1%}. Limits `given_reference` leave it out."
    ]


def _frozen(surrogate: Fitted) -> list[str]:
    """List the foundation model of the frozen descriptors."""
    frozen = surrogate.frozen
    return [] if frozen is None else [f"- frozen descriptors of {frozen.source.source}, weights {frozen.weights}"]


def _excess(excess: BoundaryExcess) -> list[str]:
    """Tabulate the excess of each boundary."""
    rows = [
        f"| {name} | {e.energy_J_m2:.2f} | {e.volume_A:.2f} | {excess.materials[name]} |"
        for name, e in excess.mean.items()
    ]
    header = "| boundary | excess energy J/m² | excess volume Å | mean over materials |"
    return ["", header, "|---|---|---|---|", *rows] if rows else []


def _table(report: dict) -> list[str]:
    if not report["scores"]:
        return ["There is a single group, so no held-out accuracy exists."]
    rows = ["| model | MAE dex | RMSE dex | 95 % interval covers | -ln density |", "|---|---|---|---|---|"]
    for kind, s in report["scores"].items():
        shares = f"{s['mae_dex']:.3f} | {s['rmse_dex']:.3f} | {100 * s['coverage_95']:.0f} %"
        rows.append(f"| {kind} | {shares} | {s['negative_log_density']:.2f} |")
    return rows


def _splits(splits: list[dict]) -> list[str]:
    """Tabulate scores on other splits, if any."""
    if not splits:
        return []
    rows = ["", "| left out | model | MAE dex | 95 % interval covers | best |", "|---|---|---|---|---|"]
    for split in splits:
        for kind, s in split["scores"].items():
            shares = "- | -" if s["mae_dex"] is None else f"{s['mae_dex']:.3f} | {100 * s['coverage_95']:.0f} %"
            rows.append(f"| {split['split']} | {kind} | {shares} | {'yes' if kind == split['best'] else ''} |")
    return rows
