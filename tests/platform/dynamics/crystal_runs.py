"""A made-up run of cubic Li6PS5Cl, 52 atoms, and writers of the files that simulation programs make of it.

Li walk freely, P, S and Cl vibrate about their sites; a reader is held against the known displacements.
"""

import struct

import numpy as np

EDGE_A, FRAMES = 9.8614, 60
CELL = np.eye(3) * EDGE_A
BLOCKS = (("Li", 24), ("P", 4), ("S", 20), ("Cl", 4))
SPECIES = [name for name, count in BLOCKS for _ in range(count)]
LI = np.array(SPECIES) == "Li"
FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])


def sites():
    """(52, 3) fractional positions, half of 48h filled."""
    u = 2.05 / (EDGE_A * np.sqrt(3))
    sulfur = (FCC[:, None] + 0.5 + np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * u).reshape(-1, 3)
    shifts = np.concatenate([np.eye(3), -np.eye(3)]) * 2.4 / EDGE_A
    lithium = (FCC[:, None] + 0.25 + shifts).reshape(-1, 3)
    return np.concatenate([lithium, FCC + 0.5, sulfur, FCC + 0.25, FCC]) % 1


def run(frames=FRAMES, step_A=0.22, seed=15, vibration_A=0.12, shared_A=0.0):
    """(frames, 52, 3) unwrapped positions in Å.

    Args:
        frames: number of frames.
        step_A: of each Li along each axis from frame to frame.
        seed: of the motion.
        vibration_A: of the framework along each axis.
        shared_A: step that all Li have in common.
    """
    random = np.random.default_rng(seed)
    positions = sites() * EDGE_A + random.normal(0, vibration_A, (frames, 52, 3))
    steps = random.normal(0, step_A, (frames, 24, 3)) + random.normal(0, 1, (frames, 1, 3)) * shared_A
    positions[:, LI] = sites()[LI] * EDGE_A + np.cumsum(steps, axis=0)
    return positions


def wrapped(positions, cell=CELL):
    return (positions @ np.linalg.inv(cell) % 1) @ cell


def li_displacements(positions):
    """(frames - 1, 24, 3) steps of Li relative to the centre of the framework."""
    relative = positions[:, LI] - positions[:, ~LI].mean(axis=1, keepdims=True)
    return np.diff(relative, axis=0)


def row(values, form="{:.6f}"):
    return "  ".join(form.format(value) for value in values)


def xdatcar(positions, blocks=BLOCKS, cell=CELL, steps=None, scale="1.0", names=True, folded=True, vectors=None):
    """Steps: number or text of each configuration."""
    head = f"argyrodite\n  {scale}\n" + "".join(row(vector) + "\n" for vector in (cell if vectors is None else vectors))
    head += "  ".join(name for name, _ in blocks) + "\n" if names else ""
    text = [head + "  ".join(str(count) for _, count in blocks) + "\n"]
    for number, frame in enumerate(positions):
        fractional = frame @ np.linalg.inv(cell)
        step = number + 1 if steps is None else steps[number]
        text.append(f"Direct configuration={step if isinstance(step, str) else f'{step:6d}'}\n")
        text += [f"  {row(atom)}\n" for atom in (fractional % 1 if folded else fractional)]
    return "".join(text)


def extxyz(positions, species=SPECIES, cells=CELL, info=lambda n: ""):
    cells = np.broadcast_to(cells, (len(positions), 3, 3))
    text = []
    for number, (frame, cell) in enumerate(zip(positions, cells, strict=True)):
        lattice = " ".join(f"{x:.6f}" for x in cell.ravel())
        text.append(f'{len(frame)}\nLattice="{lattice}" Properties=species:S:1:pos:R:3 {info(number)} pbc="T T T"\n')
        text += [f"{name} {row(atom)}\n" for name, atom in zip(species, frame, strict=True)]
    return "".join(text)


BOX = "ITEM: BOX BOUNDS pp pp pp\n" + f"0.0 {EDGE_A}\n" * 3


def dump(values, columns="xu yu zu", steps=None, before=lambda n: "", box=lambda n: BOX, kinds=SPECIES, kind="element"):
    """Values: (frames, atoms, columns); the atoms of each frame stand in another order."""
    text = []
    for number, frame in enumerate(values):
        step = 50 * number if steps is None else steps[number]
        text.append(f"{before(number)}ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{len(frame)}\n{box(number)}")
        text.append(f"ITEM: ATOMS id {kind} {columns}\n")
        order = np.random.default_rng(number).permutation(len(frame))
        text += [f"{atom + 1} {kinds[atom]} {row(frame[atom], '{:.7g}')} \n" for atom in order]
    return "".join(text)


def cp2k(positions, interval_fs=250.0):
    text = []
    for number, frame in enumerate(positions):
        text.append(f"{len(frame):8d}\n i = {number:8d}, time = {number * interval_fs:12.3f}, E = {-1000.0:20.10f}\n")
        text += [f" {name} {row(atom)}\n" for name, atom in zip(SPECIES, frame, strict=True)]
    return "".join(text)


def vasprun(positions, potim_fs=2.0, nblock=1):
    atoms = "".join(f"<rc><c>{name} </c><c>1</c></rc>" for name in SPECIES)
    head = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<modeling>\n'
    head += f'<incar><i name="POTIM">{potim_fs}</i><i type="int" name="NBLOCK">{nblock}</i></incar>'
    head += f'<atominfo><array name="atoms"><set>{atoms}</set></array></atominfo>\n'
    basis = "".join(f"<v>{row(vector)}</v>" for vector in CELL)
    text = [head]
    for frame in positions @ np.linalg.inv(CELL) % 1:
        places = "\n".join(f"<v>{row(atom)}</v>" for atom in frame)
        text.append(
            f'<calculation><structure><crystal><varray name="basis">{basis}</varray></crystal>'
            f'<varray name="positions">{places}</varray></structure></calculation>\n'
        )
    return "".join(text) + "</modeling>\n"


def outcar(positions, names=("Li_sv", "P", "S", "Cl"), potim_fs=2.0, temperature_K=600.0):
    text = [" vasp.6.3.2 18Jan21 (build) complex\n"] + [f" POTCAR:    PAW_PBE {name} 10Sep2004\n" for name in names * 2]
    text += [f"   TITEL  = PAW_PBE {name} 10Sep2004\n" for name in names]
    text += [f"   POTIM  = {potim_fs:.4f}    time-step\n", "   ions per type =   24   4  20   4\n"]
    for frame in positions:
        text.append("      direct lattice vectors                 reciprocal lattice vectors\n")
        text += [f"  {row(vector)}  {row(vector / EDGE_A**2)}\n" for vector in CELL]
        text.append(" POSITION                                       TOTAL-FORCE (eV/Angst)\n " + "-" * 83 + "\n")
        text += [f"  {row(atom)}   {row(np.zeros(3))}\n" for atom in frame]
        text.append(f" {'-' * 83}\n  kinetic energy EKIN = 1.0\n  (temperature  {temperature_K:.2f} K)\n")
    return "".join(text)


def dcd(positions, order="<"):
    def record(data):
        return struct.pack(order + "i", len(data)) + data + struct.pack(order + "i", len(data))

    control = [len(positions), 0, 50, *[0] * 7, 1, *[0] * 9]
    blocks = [record(b"CORD" + struct.pack(order + "20i", *control)), record(struct.pack(order + "i80s", 1, b"run"))]
    blocks.append(record(struct.pack(order + "i", positions.shape[1])))
    for frame in positions:
        edge = EDGE_A
        blocks.append(record(struct.pack(order + "6d", edge, 90.0, edge, 90.0, 90.0, edge)))
        blocks += [record(frame[:, axis].astype(order + "f4").tobytes()) for axis in range(3)]
    return b"".join(blocks)
