"""What is known to be wrong with the references that potentials are trained on."""

from __future__ import annotations

# Slope of forces on those of PBE, with 95 % intervals over 24 frames of Li6PS5Cl, Li6PS5Br and Li6PS5I at 700 K that
# GPAW labelled: docs/validation.md, section DFT check.
LABEL_BIAS = {
    "chgnet": (
        "CHGNet's forces on Li are a third too soft, slope 0.66 (0.64 to 0.68) against PBE, on all atoms 0.61 "
        "(0.59 to 0.63): barriers come out too low, D high."
    ),
    "sevennet": (
        "SevenNet's forces on Li are 6 % too soft with 7net-l3i5, slope 0.94 (0.93 to 0.95) against PBE, on all atoms "
        "0.90 (0.89 to 0.91); 17 % with 7net-0, 0.83 (0.81 to 0.85), on all atoms 0.82 (0.81 to 0.83). Conductivities "
        "at 298 K come out 25 to 40 times those of pressed pellets, as published dynamics with PBE do."
    ),
}


def known_bias(label_source: str) -> str:
    """What is known to be wrong with labels, empty if nothing is.

    Args:
        label_source: name and version of one reference, or of several with commas between.
    """
    names = [source.split()[0] for source in label_source.split(",") if source.strip()]
    return " ".join(LABEL_BIAS[name] for name in names if name in LABEL_BIAS)
