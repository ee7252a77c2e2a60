"""Simulation-based calibration: synthetic campaigns from the prior, ranks of the truth among posterior samples.

Usage: python -m argyro.benchmarks.calibration OUT.json [--campaigns 200] [--picture RANKS.svg]

Every campaign gives one rank for each quantity. Calibrated posteriors give uniform ranks. The file grows campaign by
campaign, and a second start continues it.

Source: Talts, Betancourt, Simpson, Vehtari, Gelman, arXiv:1804.06788 (2018).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy.stats import chi2

from argyro.benchmarks.synthetic_campaigns import SyntheticCampaign, draw_campaign
from argyro.platform.common.conductivity import conductivity_S_cm
from argyro.platform.common.errors import ArgyroError
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hyperparameter_posterior import fit_hyperparameters
from argyro.surrogates.forward.posterior import sample_posterior
from argyro.surrogates.homogenized.polycrystal import Polycrystal
from argyro.surrogates.serving.bundled_model import shipped_folder

SAMPLES, BINS = 399, 20
WARM_K, COLD_K = 600.0, 300.0
WIDTH_NM, GRAIN_NM = 2.0, 100.0
QUANTITIES = ("bulk", "parallel", "perpendicular", "effective", "conductivity_300K")


def quantities(coefficients: np.ndarray, polycrystal: Polycrystal) -> np.ndarray:
    """Compute ln of the five QUANTITIES from coefficients of bulk, parallel and perpendicular, (..., 3, 2)."""
    prior = ArrheniusPrior()
    warm, cold = np.exp(np.moveaxis(prior.log_diffusivity(coefficients, np.array([WARM_K, COLD_K])), -1, 0))
    effective = [polycrystal.effective_cm2_s(*each.T, WIDTH_NM, GRAIN_NM) for each in (warm, cold)]
    sigma = conductivity_S_cm(1.0, 0.0237, COLD_K) * effective[1]
    return np.log([*warm.T, effective[0], sigma]).T


def ranks(campaign: SyntheticCampaign, polycrystal: Polycrystal, seed: int) -> tuple[list[float], dict[str, float]]:
    """Return the share of posterior samples below the truth for each of QUANTITIES, at a boundary drawn at random."""
    runs, prior = campaign.runs, ArrheniusPrior()
    mean = np.tile(prior.mean, (len(runs.rows), 1))
    hyper = fit_hyperparameters("gp", runs, mean, prior, seed).samples
    posterior = sample_posterior("gp", hyper, runs, np.tile(mean, (len(hyper), 1, 1)), prior, seed)
    own = np.random.default_rng(seed).choice(np.flatnonzero(runs.rows.targets == 1))
    key, material = runs.rows.keys[own], runs.rows.materials[own]
    across = np.flatnonzero((runs.rows.keys == key) & (runs.rows.targets == 2))[0]
    bulk = np.flatnonzero((runs.rows.materials == material) & (runs.rows.targets == 0))[0]
    asked = np.array([bulk, own, across])
    drawn = posterior.draw(runs.rows.take(asked), np.tile(prior.mean, (len(hyper), 3, 1)), prior, SAMPLES, seed)
    truth = quantities(campaign.coefficients[asked][None], polycrystal)[0]
    return (quantities(drawn, polycrystal) < truth).mean(axis=0).tolist(), posterior.diagnostics


def summary(found: np.ndarray) -> dict[str, dict[str, float]]:
    """Test the uniformity of ranks (campaigns, quantities), and count truths inside the 95 % intervals."""
    result = {}
    for name, column in zip(QUANTITIES, found.T, strict=True):
        counts = np.histogram(column, bins=BINS, range=(0, 1))[0]
        statistic = float(((counts - len(column) / BINS) ** 2).sum() / (len(column) / BINS))
        inside = float(((column >= 0.025) & (column <= 0.975)).mean())
        result[name] = {"chi2_p": float(chi2.sf(statistic, BINS - 1)), "coverage_95": inside, "mean": column.mean()}
    return result


def plot(found: np.ndarray, path: Path) -> None:
    """Draw the distribution of the ranks (campaigns, quantities) against the band that 99 % of uniform ones keep."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 2.6), layout="constrained")
    ranks, level = np.sort(found, axis=0), np.linspace(0, 1, len(found))
    half = 1.63 / np.sqrt(len(found))  # of Kolmogorov and Smirnov at 1 %
    for axes, name, column in zip(figure.subplots(1, len(QUANTITIES), sharey=True), QUANTITIES, ranks.T, strict=True):
        axes.fill_between(level, level - half, level + half, color="0.85")
        axes.step(column, level, where="post", color="C0")
        axes.set(title=name.replace("_", " "), xlim=(0, 1), ylim=(0, 1), xlabel="rank of the truth")
    figure.axes[0].set_ylabel("share of campaigns")
    figure.savefig(path)


def main() -> None:
    """Add campaigns to the file until the wanted number is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--campaigns", type=int, default=200)
    parser.add_argument("--picture", type=Path, help="where to draw the ranks")
    arguments = parser.parse_args()
    polycrystal = Polycrystal.load(shipped_folder())
    document = json.loads(arguments.out.read_text()) if arguments.out.exists() else {"ranks": [], "refused": []}
    done = len(document["ranks"]) + len(document["refused"])
    for seed in range(done, arguments.campaigns):
        began = perf_counter()
        try:
            found, diagnostics = ranks(draw_campaign(np.random.default_rng(seed)), polycrystal, seed)
        except ArgyroError as error:
            document["refused"].append({"seed": seed, "reason": str(error)})
            print(seed, error, flush=True)
        else:
            document["ranks"].append(found)
            print(seed, np.round(found, 3), diagnostics, f"{perf_counter() - began:.1f} s", flush=True)
        if document["ranks"]:
            document["summary"] = summary(np.array(document["ranks"]))
        arguments.out.write_text(json.dumps(document, indent=1))
    print(json.dumps(document["summary"], indent=1))
    if arguments.picture:
        plot(np.array(document["ranks"]), arguments.picture)


if __name__ == "__main__":
    main()
