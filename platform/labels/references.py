"""The reference codes: how each becomes an ASE calculator; needs only ASE and the code itself.

Runs inside the reference's own environment, loaded by path from the worker: nothing of argyro may be imported here.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import os
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Engine:
    """One reference code.

    Args:
        package: Python package that must be importable.
        distribution: name under which its version is recorded.
        build: makes the calculator from the user's keywords and a scratch directory.
        weights: files that hold the model's parameters, pseudopotentials or PAW data, hashed into the identity of the
            labels.
        program: executable that must be found, from the keywords; None for a Python code.
        output: file in the scratch directory whose text tells convergence.
        retries: keyword changes for further attempts at an unconverged frame, mildest first.
        descriptors: of a calculator and a cell, what a learned potential makes of each atom's surroundings, invariant,
            (n, channels); None where the code gives none.
    """

    package: str
    distribution: str
    build: Callable
    weights: Callable[[dict], list[Path]] = lambda kwargs: []
    program: Callable[[dict], str] | None = None
    output: str | None = None
    retries: tuple[dict, ...] = ()
    descriptors: Callable | None = None


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None  # `describe` looked for it before its weights
    return Path(spec.origin).parent


def _chgnet(kwargs: dict, directory: Path):
    from chgnet.model.dynamics import CHGNetCalculator
    from chgnet.model.model import CHGNet

    model = CHGNet.load(model_name=kwargs.get("model", "0.3.0"), use_device="cpu", verbose=False)
    # an isolated atom still gets an energy; the sanity filter, not the engine, judges geometries
    return CHGNetCalculator(model=model, use_device="cpu", on_isolated_atoms="ignore")


def _chgnet_descriptors(calculator, atoms):
    from pymatgen.io.ase import AseAtomsAdaptor

    structure = AseAtomsAdaptor.get_structure(atoms)
    return calculator.model.predict_structure(structure, task="e", return_atom_feas=True)["atom_fea"]


def _chgnet_weights(kwargs: dict) -> list[Path]:
    return sorted((_package_folder("chgnet") / "pretrained" / kwargs.get("model", "0.3.0")).glob("*.tar"))


def _sevennet(kwargs: dict, directory: Path):
    from sevenn.calculator import SevenNetCalculator

    return SevenNetCalculator(**{"model": "7net-l3i5", "device": "auto", **kwargs})


def _sevennet_weights(kwargs: dict) -> list[Path]:
    model = str(kwargs.get("model", "7net-l3i5"))
    if Path(model).is_file():
        return [Path(model)]
    folder = _package_folder("sevenn") / "pretrained_potentials"
    wanted = model.lower().replace("7net-", "").replace("-", "_")
    return sorted(path for path in folder.rglob("*.pth") if wanted in str(path).lower().replace("-", "_"))


def _mace(kwargs: dict, directory: Path):
    options = {"model": "small", "default_dtype": "float64", "device": "cpu", **kwargs}
    files = _mace_weights(options)
    model = options.pop("model")
    if files:
        from mace.calculators import MACECalculator

        return MACECalculator(model_paths=[str(file) for file in files], **options)
    from mace.calculators import mace_mp

    return mace_mp(model=model, **options)


def _mace_descriptors(calculator, atoms):
    return calculator.get_descriptors(atoms, invariants_only=True)


def _mace_weights(kwargs: dict) -> list[Path]:
    """The model file, or the files of a committee; none for the name of a foundation model."""
    model = kwargs.get("model", "small")
    if isinstance(model, list):
        return [Path(path) for path in model]
    return [Path(model)] if Path(model).is_file() else []


def _gpaw(kwargs: dict, directory: Path):
    from gpaw import GPAW

    options = {"mode": {"name": "pw", "ecut": 350}, "xc": "PBE", "kpts": {"size": (1, 1, 1)}, **kwargs}
    if isinstance(options.get("mixer"), dict):
        from gpaw import Mixer

        options["mixer"] = Mixer(**options["mixer"])
    return GPAW(**options, txt=str(directory / "gpaw.txt"))


def _gpaw_weights(kwargs: dict) -> list[Path]:
    """The PAW data that GPAW finds: of each name the file in the first of its folders."""
    from gpaw import setup_paths  # what GPAW_SETUP_PATH and rc.py make of it; the import takes a tenth of a second

    found: dict[str, Path] = {}
    for folder in map(Path, setup_paths):
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            found.setdefault(path.name.removesuffix(".gz"), path)
    return [found[name] for name in sorted(found) if found[name].is_file()]


def _vasp(kwargs: dict, directory: Path):
    from ase.calculators.vasp import Vasp

    options = {"xc": "pbe", "encut": 500, "ediff": 1e-6, "nsw": 0, "isif": 2, **kwargs}
    return Vasp(**options | {"command": _words(_program_vasp(kwargs))}, directory=str(directory))


def _espresso(kwargs: dict, directory: Path):
    from ase.calculators.espresso import Espresso, EspressoProfile

    options = dict(kwargs)
    profile = EspressoProfile(command=_program_espresso(options), pseudo_dir=options.pop("pseudo_dir", "."))
    options.pop("command", None)
    data = {key: dict(section) for key, section in options.pop("input_data", {}).items()}
    data.setdefault("control", {}).update(tprnfor=True, tstress=True)
    data.setdefault("electrons", {}).update(options.pop("electrons", {}))
    return Espresso(profile=profile, input_data=data, directory=str(directory), **options)


def _espresso_weights(kwargs: dict) -> list[Path]:
    folder = Path(kwargs.get("pseudo_dir", "."))
    return [folder / name for name in sorted(set(kwargs.get("pseudopotentials", {}).values()))]


def _cp2k(kwargs: dict, directory: Path):
    from ase.calculators.cp2k import CP2K

    options = {"stress_tensor": True, **kwargs, "command": _words(_program_cp2k(kwargs))}
    return CP2K(**options, directory=str(directory), label="cp2k")


def _words(command: str) -> str:
    """The command with each word quoted: ASE starts these codes by a shell, which then finds nothing to interpret."""
    return shlex.join(shlex.split(command))


def _program_vasp(kwargs: dict) -> str:
    return kwargs.get("command") or os.environ.get("ASE_VASP_COMMAND") or os.environ.get("VASP_COMMAND") or "vasp_std"


def _program_espresso(kwargs: dict) -> str:
    return kwargs.get("command") or os.environ.get("ASE_ESPRESSO_COMMAND") or "pw.x"


def _program_cp2k(kwargs: dict) -> str:
    return kwargs.get("command") or os.environ.get("ASE_CP2K_COMMAND") or "cp2k_shell"


def load_factory(name: str) -> Callable:
    """Load the callable that ``module:name`` or ``path/to/file.py:name`` names."""
    module, _, attribute = name.rpartition(":")
    if module.endswith(".py"):
        spec = importlib.util.spec_from_file_location("label_factory", module)
        assert spec is not None and spec.loader is not None  # the name ends in .py
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
    else:
        loaded = importlib.import_module(module)
    return getattr(loaded, attribute)


ENGINES = {
    "chgnet": Engine("chgnet", "chgnet", _chgnet, _chgnet_weights, descriptors=_chgnet_descriptors),
    "sevennet": Engine("sevenn", "sevenn", _sevennet, _sevennet_weights),
    "mace": Engine("mace", "mace-torch", _mace, _mace_weights, descriptors=_mace_descriptors),
    "gpaw": Engine(
        "gpaw",
        "gpaw",
        _gpaw,
        _gpaw_weights,
        output="gpaw.txt",
        retries=({"maxiter": 666, "mixer": {"beta": 0.02, "nmaxold": 5, "weight": 100.0}},),
    ),
    "vasp": Engine(
        "ase",
        "ase",
        _vasp,
        program=_program_vasp,
        output="OUTCAR",
        retries=({"algo": "All"}, {"algo": "Normal", "amix": 0.1, "bmix": 0.01, "nelm": 200}),
    ),
    "espresso": Engine(
        "ase",
        "ase",
        _espresso,
        _espresso_weights,
        program=_program_espresso,
        output="espresso.pwo",
        retries=({"electrons": {"mixing_beta": 0.2, "electron_maxstep": 200}},),
    ),
    "cp2k": Engine(
        "ase",
        "ase",
        _cp2k,
        program=_program_cp2k,
        output="cp2k.out",
        retries=({"max_scf": 200},),
    ),
}


def factory_engine(factory: str) -> Engine:
    """Any ASE calculator that a factory makes from the user's keywords."""
    module = factory.rpartition(":")[0]
    own_file = module.endswith(".py")
    top = "ase" if own_file else module.split(".")[0]
    return Engine(
        top,
        top,
        lambda kwargs, directory: load_factory(factory)(**kwargs),
        weights=lambda kwargs: [Path(module)] if own_file else [],
    )


def find(source: str, factory: str | None) -> Engine:
    """Find the engine of a label source; KeyError for a name that is none."""
    if source != "ase":
        return ENGINES[source]
    assert factory is not None  # `LabelSource` takes no ase without one
    return factory_engine(factory)


def describe(source: str, factory: str | None, kwargs: dict) -> dict:
    """Whether the engine is installed here, its version and the hash of its weights, without loading the model.

    Returns:
        ``available``, ``reason``, ``version``, ``weights`` (12 hex digits, empty where no file is named).
    """
    engine = find(source, factory)
    answer = {"available": False, "reason": "", "version": "", "weights": ""}
    if importlib.util.find_spec(engine.package) is None:
        return {**answer, "reason": f"the package {engine.package!r} is not installed in this environment"}
    try:
        answer["version"] = importlib.metadata.version(engine.distribution)
    except importlib.metadata.PackageNotFoundError:
        answer["version"] = "unversioned"
    if engine.program is not None:
        words = engine.program(kwargs).split()
        # of `mpirun -np 16 vasp_std` the launcher must be here; the program may live on the compute nodes only
        if not words or shutil.which(words[0]) is None:
            return {**answer, "reason": f"the program {' '.join(words)!r} is not found; give it as kwargs.command"}
    missing = [str(path) for path in engine.weights(kwargs) if not path.is_file()]
    if missing:
        return {**answer, "reason": f"files of the model are missing: {', '.join(missing)}"}
    digest = hashlib.sha256()
    for path in engine.weights(kwargs):
        digest.update(path.read_bytes())
    return {**answer, "available": True, "weights": digest.hexdigest()[:12] if engine.weights(kwargs) else ""}
