"""Foundation models on CPU: DIEP, the reference of the labels, CHGNet, and MACE of the size of `small`.

    python benchmarks/peers/foundation.py diep
    python benchmarks/peers/foundation.py chgnet
    python benchmarks/peers/foundation.py mace

CHGNet was trained on another functional than DIEP; its error includes the difference. MACE has random weights, since
its speed does not depend on them.
"""

import sys

import numpy as np
from common import calculator_speed, force_errors, large_cell, save


def diep() -> None:
    from diep.pretrained import make_calculator

    speed = calculator_speed(make_calculator(), large_cell())
    save("DIEP", kind="DIEP", rmse_all_meV_A=0.0, rmse_li_meV_A=0.0, atom_steps_per_s=speed, note="reference")


def chgnet() -> None:
    from chgnet.model.dynamics import CHGNetCalculator

    calculator = CHGNetCalculator(use_device="cpu", verbose=False)

    def forces(atoms) -> np.ndarray:
        atoms = atoms.copy()
        atoms.calc = calculator
        return atoms.get_forces()

    errors, speed = force_errors(forces), calculator_speed(calculator, large_cell())
    save("CHGNet", kind="CHGNet", **errors, atom_steps_per_s=speed, note="not trained here; other functional")


def mace() -> None:
    """Time a model of the published size of MACE-MP-0 small: 128 channels, scalars only, two layers, cutoff 6 Å."""
    import torch

    torch.serialization.add_safe_globals([slice])  # e3nn reads its constants by torch.load
    from e3nn import o3
    from mace import modules
    from mace.calculators import MACECalculator

    torch.set_default_dtype(torch.float32)
    torch.set_num_threads(1)
    model = modules.ScaleShiftMACE(
        r_max=6.0,
        num_bessel=10,
        num_polynomial_cutoff=5,
        max_ell=3,
        interaction_cls=modules.interaction_classes["RealAgnosticResidualInteractionBlock"],
        interaction_cls_first=modules.interaction_classes["RealAgnosticResidualInteractionBlock"],
        num_interactions=2,
        num_elements=4,
        hidden_irreps=o3.Irreps("128x0e"),
        MLP_irreps=o3.Irreps("16x0e"),
        atomic_energies=np.zeros(4),
        avg_num_neighbors=50.0,
        atomic_numbers=[3, 15, 16, 17],
        correlation=3,
        gate=torch.nn.functional.silu,
        atomic_inter_scale=1.0,
        atomic_inter_shift=0.0,
    )
    calculator = MACECalculator(models=[model], device="cpu", default_dtype="float32")
    speed = calculator_speed(calculator, large_cell())
    save("MACE small", kind="MACE", atom_steps_per_s=speed, note="random weights, float32")


if __name__ == "__main__":
    {"diep": diep, "chgnet": chgnet, "mace": mace}[sys.argv[1]]()
