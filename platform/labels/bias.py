"""What is known to be wrong with the references that potentials are trained on."""

from __future__ import annotations

# Slope of forces against PBE on rattled Li6PS5Cl, two configurations only; docs/labels.md.
LABEL_BIAS = {
    "chgnet": "CHGNet's forces are about a third too soft (slope 0.68 against PBE): barriers come out too low, D high.",
    "sevennet": "SevenNet's forces are 10 to 20 % too soft against PBE (slope 0.90 for 7net-l3i5, 0.81 for 7net-0).",
}


def known_bias(label_source: str) -> str:
    """What is known to be wrong with labels, empty if nothing is.

    Args:
        label_source: name and version of one reference, or of several with commas between.
    """
    names = [source.split()[0] for source in label_source.split(",") if source.strip()]
    return " ".join(LABEL_BIAS[name] for name in names if name in LABEL_BIAS)
