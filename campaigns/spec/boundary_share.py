"""Share of a simulated cell that its boundaries fill."""

from __future__ import annotations

from argyro.campaigns.spec.schema import Campaign

MAX_BOUNDARY_SHARE = 0.6  # above, a cell says little about the boundary's own diffusivity


def boundary_shares(campaign: Campaign) -> dict[str, float]:
    """Compute f = w / L for each boundary, the largest over the materials; L is the cell's length per boundary."""
    from argyro.platform.structures.boundaries.build import grain_thickness_nm

    least_nm, width_nm = campaign.structures.min_grain_thickness_nm, campaign.boundary_width_nm
    formulas = {material.composition for material in campaign.materials if material.composition}
    if not formulas:
        return {}
    return {
        boundary: max(width_nm / grain_thickness_nm(formula, boundary, least_nm) for formula in formulas)
        for boundary in campaign.boundaries
    }
