"""Makes the examples importable although tests are no package; lets `sanitize.py` bring its own kernel."""

import importlib.util
import os
import sys
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).parent),
    str(Path(__file__).parent / "native"),
    str(Path(__file__).parent / "frames"),
]

if os.environ.get("ARGYRO_TESTED_KERNEL"):
    NAME = "argyro.platform.potential.native._kernel"
    spec = importlib.util.spec_from_file_location(NAME, os.environ["ARGYRO_TESTED_KERNEL"])
    sys.modules[NAME] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[NAME])
    import argyro.platform.potential.native

    argyro.platform.potential.native._kernel = sys.modules[NAME]
