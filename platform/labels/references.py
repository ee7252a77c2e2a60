"""Reference codes as ASE calculators, and the one table of label sources; only ASE and the code are needed.

The worker loads this module by path in the reference's environment, so it must not import argyro.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from ase import Atoms
    from ase.calculators.calculator import BaseCalculator, Calculator


@dataclass(frozen=True)
class Recipe:
    """The installation steps of a separate environment.

    Args:
        steps: pip requirements, installed in order.
        hint: repair of a failed installation.
        environment: environment variables of the compilation.
    """

    steps: tuple[tuple[str, ...], ...]
    hint: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Engine:
    """A reference code.

    Args:
        package: required Python package.
        distribution: name of the distribution that gives the version.
        build: function that makes the calculator from the user's keywords and a scratch directory.
        weights: files of model parameters, pseudopotentials or PAW data, hashed into the identity of the labels.
        program: function that gives the required executable from the keywords; None for a Python code.
        output: file in the scratch directory that states convergence; the function of `convergence` with the name of
            the source judges it.
        retries: keyword changes for further attempts at an unconverged frame, smallest change first.
        descriptors: function of a calculator and a cell that gives invariant (n, channels) descriptors; None if the
            code gives none.
        elements: function that gives the atomic numbers of a calculator; None if the code checks them itself.
        recipe: separate environment that `argyro labels install` makes; None if the code runs in this one.
        label_atom_s: core seconds per atom and label, for plans; by default plane waves at the Γ point.
    """

    package: str
    distribution: str
    build: Callable
    weights: Callable[[dict], list[Path]] = lambda kwargs: []
    program: Callable[[dict], str] | None = None
    output: str | None = None
    retries: tuple[dict, ...] = ()
    descriptors: Callable | None = None
    elements: Callable[[Any], Collection[int]] | None = None
    recipe: Recipe | None = None
    label_atom_s: float = 2.0


# First 12 hex digits of the SHA-256 of weights in a wheel, by distribution and version.
SHIPPED_WEIGHTS = {("diep", "2.0.0"): "060fe29f2f7a", ("chgnet", "0.4.2"): "d14ab7c0f093"}


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None  # `describe` finds the package before its weights
    return Path(spec.origin).parent


def _diep(kwargs: dict, directory: Path) -> Calculator:
    """Build DIEP in single precision, twice as fast and within 2e-5 eV/Å of ``dtype: float64``."""
    with _temporary_home():  # the import creates the unused folder ~/.cache/diep
        from diep import config
        from diep.pretrained import make_calculator
    options = {"dtype": "float32", "device": "cpu", **kwargs}
    if options["dtype"] not in ("float32", "float64"):
        raise ValueError(f"dtype {options['dtype']!r} of diep is unknown; use float32 or float64")
    config.set_default_dtype("float", int(options["dtype"].removeprefix("float")))
    calculator = make_calculator(_diep_folder(kwargs), device=options["device"])
    calculator.potential = calculator.potential.to(config.float_th)
    return calculator


@contextmanager
def _temporary_home() -> Iterator[None]:
    """Set HOME to an empty folder during an import that writes there."""
    home = os.environ.get("HOME")
    with tempfile.TemporaryDirectory(prefix="argyro-home-") as folder:
        os.environ["HOME"] = folder
        try:
            yield
        finally:
            os.environ.pop("HOME")
            if home is not None:
                os.environ["HOME"] = home


def _diep_folder(kwargs: dict) -> Path:
    """Return the folder of the exported model: the user's or the wheel's; DIEP_MODEL_DIR is ignored."""
    return Path(kwargs.get("model") or _package_folder("diep") / "pretrained_models" / "diep_fold1")


def _diep_weights(kwargs: dict) -> list[Path]:
    return [_diep_folder(kwargs) / name for name in ("model.json", "model.pt", "state.pt")]


def _diep_elements(calculator: Any) -> set[int]:
    from ase.data import atomic_numbers

    return {atomic_numbers[symbol] for symbol in calculator.element_types}


def _chgnet(kwargs: dict, directory: Path) -> Calculator:
    from chgnet.model.dynamics import CHGNetCalculator
    from chgnet.model.model import CHGNet

    model = CHGNet.load(model_name=kwargs.get("model", "0.3.0"), use_device="cpu", verbose=False)
    # isolated atoms also get an energy; the sanity filter checks geometries
    return CHGNetCalculator(model=model, use_device="cpu", on_isolated_atoms="ignore")


def _chgnet_descriptors(calculator: Any, atoms: Atoms) -> np.ndarray:
    from pymatgen.io.ase import AseAtomsAdaptor

    structure = AseAtomsAdaptor.get_structure(atoms)
    return calculator.model.predict_structure(structure, task="e", return_atom_feas=True)["atom_fea"]


def _chgnet_weights(kwargs: dict) -> list[Path]:
    return sorted((_package_folder("chgnet") / "pretrained" / kwargs.get("model", "0.3.0")).glob("*.tar"))


def _sevennet(kwargs: dict, directory: Path) -> Calculator:
    from sevenn.calculator import SevenNetCalculator

    return SevenNetCalculator(**{"model": "7net-l3i5", "device": "auto", **kwargs})


def _sevennet_weights(kwargs: dict) -> list[Path]:
    model = str(kwargs.get("model", "7net-l3i5"))
    if Path(model).is_file():
        return [Path(model)]
    folder = _package_folder("sevenn") / "pretrained_potentials"
    wanted = model.lower().replace("7net-", "").replace("-", "_")
    return sorted(path for path in folder.rglob("*.pth") if wanted in str(path).lower().replace("-", "_"))


MODEL_SUFFIXES = (".model", ".pt", ".pth")  # of files, not of names that mace-torch downloads


def _mace(kwargs: dict, directory: Path) -> Calculator:
    options = {"model": "small", "default_dtype": "float64", "device": "cpu", **kwargs}
    files = _mace_weights(options)
    model = options.pop("model")
    if files:
        from mace.calculators import MACECalculator

        return MACECalculator(model_paths=[str(file) for file in files], **options)
    from mace.calculators import mace_mp

    return mace_mp(model=model, **options)


def _mace_descriptors(calculator: Any, atoms: Atoms) -> np.ndarray:
    return calculator.get_descriptors(atoms, invariants_only=True)


def _mace_weights(kwargs: dict) -> list[Path]:
    """Return the model file or the files of a committee; empty for the name of a foundation model."""
    model = kwargs.get("model", "small")
    if isinstance(model, list):
        return [Path(path) for path in model]
    named_like_a_file = Path(model).suffix in MODEL_SUFFIXES and "://" not in model
    return [Path(model)] if named_like_a_file or Path(model).is_file() else []


def _gpaw(kwargs: dict, directory: Path) -> Calculator:
    from gpaw import GPAW

    options = {"mode": {"name": "pw", "ecut": 350}, "xc": "PBE", "kpts": {"size": (1, 1, 1)}, **kwargs}
    if isinstance(options.get("mixer"), dict):
        from gpaw import Mixer

        options["mixer"] = Mixer(**options["mixer"])
    return GPAW(**options, txt=str(directory / "gpaw.txt"))


def _gpaw_weights(kwargs: dict) -> list[Path]:
    """Return GPAW's PAW data: for each name the file in the first of its folders."""
    from gpaw import setup_paths  # set by GPAW_SETUP_PATH and rc.py; the import takes 0.1 s

    found: dict[str, Path] = {}
    for folder in map(Path, setup_paths):
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            found.setdefault(path.name.removesuffix(".gz"), path)
    return [found[name] for name in sorted(found) if found[name].is_file()]


def _vasp(kwargs: dict, directory: Path) -> Calculator:
    from ase.calculators.vasp import Vasp

    options = {"xc": "pbe", "encut": 500, "ediff": 1e-6, "nsw": 0, "isif": 2, **kwargs}
    return Vasp(**options | {"command": _words(_program_vasp(kwargs))}, directory=str(directory))


def _espresso(kwargs: dict, directory: Path) -> BaseCalculator:
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


def _cp2k(kwargs: dict, directory: Path) -> Calculator:
    from ase.calculators.cp2k import CP2K

    options = {"stress_tensor": True, **kwargs, "command": _words(_program_cp2k(kwargs))}
    return CP2K(**options, directory=str(directory), label="cp2k")


def _words(command: str) -> str:
    """Return the command with each word quoted, because ASE starts these codes by a shell."""
    return shlex.join(shlex.split(command))


def _program_vasp(kwargs: dict) -> str:
    return kwargs.get("command") or os.environ.get("ASE_VASP_COMMAND") or os.environ.get("VASP_COMMAND") or "vasp_std"


def _program_espresso(kwargs: dict) -> str:
    return kwargs.get("command") or os.environ.get("ASE_ESPRESSO_COMMAND") or "pw.x"


def _program_cp2k(kwargs: dict) -> str:
    return kwargs.get("command") or os.environ.get("ASE_CP2K_COMMAND") or "cp2k_shell"


def load_factory(name: str) -> Callable:
    """Load the callable ``module:name`` or ``path/to/file.py:name``."""
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
    "diep": Engine("diep", "diep", _diep, _diep_weights, elements=_diep_elements, label_atom_s=0.006),
    "chgnet": Engine(
        "chgnet",
        "chgnet",
        _chgnet,
        _chgnet_weights,
        descriptors=_chgnet_descriptors,
        elements=lambda calculator: range(1, 95),
        label_atom_s=0.004,
    ),
    "sevennet": Engine(
        "sevenn",
        "sevenn",
        _sevennet,
        _sevennet_weights,
        elements=lambda calculator: [int(number) for number in calculator.type_map],
        # sevenn needs e3nn >= 0.5, mace 0.4.4; torch comes first, or its dependants install another build
        recipe=Recipe((("torch==2.13.0",), ("sevenn==0.13.0", "ase>=3.25,<4"))),
        label_atom_s=0.037,
    ),
    "mace": Engine(
        "mace",
        "mace-torch",
        _mace,
        _mace_weights,
        descriptors=_mace_descriptors,
        elements=lambda calculator: [int(number) for number in calculator.z_table.zs],
        label_atom_s=0.02,
    ),
    "gpaw": Engine(
        "gpaw",
        "gpaw",
        _gpaw,
        _gpaw_weights,
        output="gpaw.txt",
        retries=({"maxiter": 666, "mixer": {"beta": 0.02, "nmaxold": 5, "weight": 100.0}},),
        recipe=Recipe(
            (("gpaw==26.7.0", "gpaw-data==1.2.1", "ase>=3.25,<4"),),
            hint="GPAW is compiled and needs g++, libxc and BLAS: apt-get install g++ libxc-dev libopenblas-dev",
            environment={"CC": "g++"},  # its *.c files are C++, but without MPI its build calls cc
        ),
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

SOURCES = (*ENGINES, "ase")  # `ase`: any calculator that a factory makes
RECIPES = {name: engine.recipe for name, engine in ENGINES.items() if engine.recipe}
LABEL_ATOM_S = {name: engine.label_atom_s for name, engine in ENGINES.items()} | {"ase": 0.02}


def factory_engine(factory: str) -> Engine:
    """Return an engine of the ASE calculator that a factory makes from the user's keywords."""
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
    """Find the engine of a label source; an unknown name raises KeyError."""
    if source != "ase":
        return ENGINES[source]
    assert factory is not None  # `LabelSource` requires a factory for ase
    return factory_engine(factory)


def describe(source: str, factory: str | None, kwargs: dict) -> dict:
    """Return whether the engine is installed, its version and the hash of its weights, without loading the model.

    Returns:
        ``available``, ``reason``, ``version``, ``weights`` (12 hex digits, empty without a file).
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
        # For `mpirun -np 16 vasp_std` only the launcher is checked; the program may be on the compute nodes only.
        if not words or shutil.which(words[0]) is None:
            return {**answer, "reason": f"the program {' '.join(words)!r} is not found; give it as kwargs.command"}
    missing = [str(path) for path in engine.weights(kwargs) if not path.is_file()]
    if missing:
        return {**answer, "reason": f"files of the model are missing: {', '.join(missing)}"}
    digest = hashlib.sha256()
    for path in engine.weights(kwargs):
        digest.update(path.read_bytes())
    answer["weights"] = digest.hexdigest()[:12] if engine.weights(kwargs) else ""
    published = None if kwargs.get("model") else SHIPPED_WEIGHTS.get((source, str(answer["version"])))
    if published and answer["weights"] != published:
        reason = (
            f"the weights of {source} {answer['version']} hash to {answer['weights']}, not {published} as published"
        )
        return {**answer, "reason": f"{reason}; reinstall: pip install --force-reinstall --no-deps {source}"}
    return {**answer, "available": True}
