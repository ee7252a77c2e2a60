"""NEP on CPU: the speed of a potential of usual size with random weights.

    .venvs/nep/bin/python benchmarks/peers/nep.py

Training NEP needs GPUMD on a GPU; its error is a published one. The size is GPUMD's default for 4 elements: cutoffs 6
and 5 Å, n_max 4 4, basis_size 8 8, l_max 4 2 0, 30 neurons.
"""

import numpy as np
from common import WORKDIR, calculator_speed, large_cell, save

ELEMENTS = ("Li", "P", "S", "Cl")
N_MAX, BASIS_SIZE, L_MAX, NEURONS = 4, 8, 4, 30


def write_random(path) -> None:
    """Write a NEP4 file; the parameters are small so that the forces stay finite."""
    rng, types = np.random.default_rng(0), len(ELEMENTS)
    descriptors = (N_MAX + 1) * (1 + L_MAX + 1)  # radial; three-body l = 1 to 4; four-body l = 2
    network = types * (descriptors + 2) * NEURONS + 1
    expansion = 2 * types**2 * (N_MAX + 1) * (BASIS_SIZE + 1)
    values = np.concatenate([0.1 * rng.normal(size=network + expansion), np.ones(descriptors)])
    head = [
        f"nep4 {types} {' '.join(ELEMENTS)}",
        "cutoff 6 5 120 80",
        f"n_max {N_MAX} {N_MAX}",
        f"basis_size {BASIS_SIZE} {BASIS_SIZE}",
        f"l_max {L_MAX} 2 0",
        f"ANN {NEURONS} 0",
    ]
    path.write_text("\n".join([*head, *(f"{value:.7e}" for value in values)]) + "\n")


if __name__ == "__main__":
    from nep_adapters.ase import NepAseCalculator

    path = WORKDIR / "random.nep.txt"
    write_random(path)
    speed = calculator_speed(NepAseCalculator(model_file=str(path), backend="cpu"), large_cell())
    save("NEP", kind="NEP", atom_steps_per_s=speed, evaluated_by="nep-adapters 1.0.3", note="random weights")
