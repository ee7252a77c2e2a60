"""Recommendation of the campaign: the best material and grain size, how sure, and what would change the answer."""

from __future__ import annotations

import pandas as pd

from argyro.platform.common.estimate import Uncertain
from argyro.surrogates.serving.predictor import Oracle
from argyro.validation import figures
from argyro.validation.tables import Data, Section, interval

PICTURE = "recommendation.png"
# Source of uncertainty -> the experiment or run that removes most of it.
REMEDIES = {
    "reference": "the diffusivity of {leader} by pulsed-field-gradient NMR, or labels of a hybrid functional",
    "run_length": "MD runs of {leader} four times as long",
    "realisation": "three more arrangements of anions and Li in {leader}",
    "interpolation": "MD runs of {leader} itself",
    "extrapolation": "MD runs of {leader} at 350 K",
    "boundary": "MD runs of boundaries in {leader}, or impedance of a sintered pellet, which separates grains",
    "disorder": "neutron diffraction of {leader}: its site disorder",
    "haven_ratio": "impedance and NMR diffusivity of the same sample of {leader}",
}


def section(data: Data, oracle: Oracle) -> Section:
    """Tabulate and draw the materials with their probability of being the best, and name the next steps.

    Args:
        data: with the export.
        oracle: surrogate with its polycrystal.
    """
    table = pd.read_parquet(data.folder / "ranking.parquet")
    largest_nm = table["grain_size_nm"].max()
    best = table.groupby("material")["probability_best"].sum().sort_values(ascending=False)
    grains = table.groupby("grain_size_nm")["probability_best"].sum()
    sigma = {material: _sigma(table, material, largest_nm) for material in best.index}
    order = sorted(sigma, key=lambda material: -sigma[material].value)
    figures.recommendation([(name, sigma[name], float(best[name])) for name in order], data.pictures / PICTURE)
    rows = [[name, interval(sigma[name], 2), f"{100 * best[name]:.0f}"] for name in order]
    leader = table[table["material"] == best.index[0]].iloc[0]
    (answer,) = oracle.answers(
        leader["composition"], float(leader["disorder"]), None, None, [float(leader["temperature_K"])], [largest_nm]
    )
    shares = sorted(answer["uncertainty_shares"].items(), key=lambda item: -item[1])[:3]
    return data.section(
        "recommendation",
        ("material", "σ(300 K), mS/cm", "best, %"),
        rows,
        [PICTURE],
        leader=best.index[0],
        sigma=interval(sigma[best.index[0]], 2),
        sure=f"{100 * best.iloc[0]:.0f}",
        second=best.index[1],
        second_sure=f"{100 * best.iloc[1]:.0f}",
        largest=f"{largest_nm / 1000:g}",
        grain=f"{grains.idxmax():g}",
        grain_sure=f"{100 * grains.max():.0f}",
        causes=", ".join(f"{name.replace('_', ' ')} {100 * share:.0f} %" for name, share in shares),
        steps="; ".join(
            f"({number}) {REMEDIES[name].format(leader=best.index[0])}" for number, (name, _) in enumerate(shares, 1)
        ),
    )


def _sigma(table: pd.DataFrame, material: str, size_nm: float) -> Uncertain:
    """Take the conductivity of the mixture of boundaries, else that of the middle boundary."""
    rows = table[(table["material"] == material) & (table["grain_size_nm"] == size_nm)]
    mixed = rows[rows["boundary"].str.contains("=")]
    chosen = (mixed if len(mixed) else rows).sort_values("conductivity_mS_cm_value")
    middle = chosen.iloc[len(chosen) // 2]
    return Uncertain(*(float(middle[f"conductivity_mS_cm_{limit}"]) for limit in ("value", "low", "high")))
