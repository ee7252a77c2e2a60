"""Small labelled frames in the files of other programs, written here so that readers are tested by another hand."""

import numpy as np
from ase import Atoms, units

SYMBOLS, COUNTS = ("Li", "P", "S"), (3, 1, 4)
KBAR = 0.1 * units.GPa


def labelled_frames(count=3, seed=0):
    """(atoms, energy in eV, forces in eV/Å, stress in eV/Å³) with made-up numbers."""
    rng = np.random.default_rng(seed)
    symbols = [symbol for symbol, number in zip(SYMBOLS, COUNTS, strict=True) for _ in range(number)]
    for _ in range(count):
        cell = 6.0 * np.eye(3) + rng.normal(scale=0.2, size=(3, 3))
        atoms = Atoms(symbols, positions=rng.random((8, 3)) @ cell, cell=cell, pbc=True)
        yield atoms, rng.normal() - 40.0, rng.normal(size=(8, 3)), 0.01 * rng.normal(size=6)


def _row(values):
    return " ".join(f"{value:.10f}" for value in values)


def extxyz(frames, energy="energy", forces="forces", stress="stress", stress_of=lambda stress, atoms: stress):
    text = ""
    for atoms, e, f, s in frames:
        nine = stress_of(s, atoms)[[0, 5, 4, 5, 1, 3, 4, 3, 2]]
        text += f'{len(atoms)}\nLattice="{_row(atoms.cell.array.ravel())}" Properties=species:S:1:pos:R:3:{forces}:R:3 '
        text += f'{energy}={e:.10f} {stress}="{_row(nine)}" pbc="T T T"\n'
        rows = zip(atoms.symbols, atoms.positions, f, strict=True)
        text += "".join(f"{symbol} {_row(position)} {_row(force)}\n" for symbol, position, force in rows)
    return text


def mlip_cfg(frames):
    text = ""
    for atoms, e, f, s in frames:
        cell = "".join(f"    {_row(vector)}\n" for vector in atoms.cell.array)
        text += f"BEGIN_CFG\n Size\n    {len(atoms)}\n Supercell\n{cell}"
        text += " AtomData:  id type cartes_x cartes_y cartes_z fx fy fz\n"
        for i, (symbol, position, force) in enumerate(zip(atoms.symbols, atoms.positions, f, strict=True)):
            text += f"    {i + 1} {SYMBOLS.index(symbol)} {_row(position)} {_row(force)}\n"
        virial = -s * atoms.get_volume()
        text += f" Energy\n    {e:.10f}\n PlusStress:  xx yy zz yz xz xy\n    {_row(virial)}\n"
        text += " Feature   EFS_by       VASP\n Feature   conf_id  7\nEND_CFG\n\n"
    return text


def ml_ab(frames):
    line, double = "-" * 50 + "\n", "=" * 50 + "\n"
    text = " 1.0 Version\n" + "*" * 50 + "\n     The number of configurations\n" + line + "  3\n"
    for number, (atoms, e, f, s) in enumerate(frames, 1):
        text += (
            "*" * 50
            + f"\n     Configuration num.      {number}\n"
            + double
            + "     System name\n"
            + line
            + "     a name\n"
        )
        sections = {
            "The number of atoms": f"  {len(atoms)}\n",
            "Atom types and atom numbers": "".join(f"     {a}   {n}\n" for a, n in zip(SYMBOLS, COUNTS, strict=True)),
            "CTIFOR": "  0.02\n",
            "Primitive lattice vectors (ang.)": "".join(f" {_row(vector)}\n" for vector in atoms.cell.array),
            "Atomic positions (ang.)": "".join(f" {_row(position)}\n" for position in atoms.positions),
            "Total energy (eV)": f"  {e:.10f}\n",
            "Forces (eV ang.^-1)": "".join(f" {_row(force)}\n" for force in f),
        }
        text += "".join(f"{double}     {title}\n{line}{body}" for title, body in sections.items())
        kbar = -s / KBAR  # positive under compression
        text += f"{double}     Stress (kbar)\n{line}     XX YY ZZ\n{line} {_row(kbar[:3])}\n"
        text += f"{line}     XY YZ ZX\n{line} {_row(kbar[[5, 3, 4]])}\n"
    return text


def outcar(frames, endings=("reached", "reached", "reached"), limit=60):
    """What ASE's reader needs; the ending of each electronic loop is reached, limit or refused (VASP 6.4)."""
    head = "".join(f" POTCAR:    PAW_PBE {symbol} 01Jan2000\n" for symbol in SYMBOLS)
    text = f" vasp.6.4.2 20Jul23 (build) complex\n{head}{head}   ions per type = {' '.join(map(str, COUNTS))}\n"
    text += f"   ISPIN  =      1    spin polarized calculation?\n   NELM   =     {limit};   NELMIN=  2\n"
    for number, ((atoms, e, f, s), ending) in enumerate(zip(frames, endings, strict=True), 1):
        steps = 14 if ending == "reached" else limit
        for step in (1, steps):
            text += f"\n----------------------- Iteration {number:6d}({step:4d})  -----------------------\n"
        text += {
            "reached": "------------------------ aborting loop because EDIFF is reached -----------------\n",
            "limit": "",
            "refused": "------------------------ aborting loop EDIFF was not reached (unconverged) ------\n",
        }[ending]
        text += "  FORCE on cell =-STRESS in cart. coord.  units (eV):\n"
        text += f"  in kB     {_row((-s / KBAR)[[0, 1, 2, 5, 3, 4]])}\n"
        text += "      direct lattice vectors                 reciprocal lattice vectors\n"
        inverse = np.linalg.inv(atoms.cell.array).T
        text += "".join(f"  {_row(v)}  {_row(r)}\n" for v, r in zip(atoms.cell.array, inverse, strict=True))
        text += "\n POSITION                                       TOTAL-FORCE (eV/Angst)\n " + "-" * 83 + "\n"
        text += "".join(f" {_row(p)}    {_row(q)}\n" for p, q in zip(atoms.positions, f, strict=True))
        text += f" {'-' * 83}\n    total drift: 0.0 0.0 0.0\n\n"
        text += f"  FREE ENERGIE OF THE ION-ELECTRON SYSTEM (eV)\n  {'-' * 51}\n"
        text += f"  free  energy   TOTEN  =     {e:.10f} eV\n\n"
        text += f"  energy  without entropy=   {e:.10f}  energy(sigma->0) =   {e:.10f}\n"
    return text


def vasprun(frames, loops=((1e-2, 1e-9),) * 3, limit=3):
    """vasprun.xml; loops: differences between successive electronic steps of each frame."""
    frames, types = list(frames), "".join(f"<rc><c>{s}</c><c>1</c></rc>" for s in next(iter(frames))[0].symbols)
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<modeling>\n<generator><i name="version" type="string">6.3</i>'
    text += '</generator><incar></incar><kpoints><generation param="Gamma"><v name="divisions">1 1 1</v></generation>'
    text += f'</kpoints><parameters><i type="int" name="NELM">{limit}</i><i name="EDIFF">1e-6</i></parameters>'
    text += f'<atominfo><atoms>8</atoms><types>3</types><array name="atoms"><set>{types}</set></array></atominfo>'
    structures = []
    for atoms, _, _, _ in frames:
        basis = "".join(f"<v>{_row(v)}</v>" for v in atoms.cell.array)
        places = "".join(f"<v>{_row(x)}</v>" for x in atoms.get_scaled_positions(wrap=False))
        structures.append(
            f'<crystal><varray name="basis">{basis}</varray></crystal><varray name="positions">{places}</varray>'
        )
    text += f'<structure name="initialpos">{structures[0]}</structure>\n'
    for (_, e, f, s), structure, differences in zip(frames, structures, loops, strict=True):
        energies = e + np.concatenate([np.cumsum(np.array(differences)[::-1])[::-1], [0.0]])
        names = ("e_fr_energy", "e_wo_entrp", "e_0_energy")
        steps = ["".join(f'<i name="{n}">{value:.10f}</i>' for n in names) for value in energies]
        text += "<calculation>" + "".join(f"<scstep><energy>{step}</energy></scstep>" for step in steps)
        forces = "".join(f"<v>{_row(force)}</v>" for force in f)
        tensor = (-s / KBAR)[[0, 5, 4, 5, 1, 3, 4, 3, 2]].reshape(3, 3)
        stress = "".join(f"<v>{_row(row)}</v>" for row in tensor)
        text += f'<structure>{structure}</structure><varray name="forces">{forces}</varray>'
        text += f'<varray name="stress">{stress}</varray><energy>{steps[-1]}</energy></calculation>\n'
    return text + "</modeling>\n"
