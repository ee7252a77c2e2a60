"""Run the kernel's tests with the kernel compiled under AddressSanitizer and UndefinedBehaviorSanitizer.

`python tests/platform/potential/native/sanitize.py [avx512|avx2|baseline]`, by default the best set the
processor has; only that one is compiled, and kept in ``build/sanitized`` for the next call.
"""

import os
import subprocess
import sys
from pathlib import Path

from argyro.platform.potential.native import build as native

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[3] / "build" / "sanitized"
FLAGS = "-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
CPU_FLAG = {"avx512": "avx512dq", "avx2": "avx2", "baseline": "sse2"}
TESTS = [
    "mtp/test_potential_physics.py",
    "mtp/test_mtp_file.py",
    "native/test_kernel_limits.py",
    "fitting/test_fit.py",
    "extrapolation/test_active_set.py",
]
# they train for long, or spend their time in Python, and call nothing the others do not
SLOW = "not (from_nothing or validation_stops or warm_start or highest_levels)"


def best_instruction_set() -> str:
    known, info = native.instruction_sets(), Path("/proc/cpuinfo")
    has = set(info.read_text().split()) if info.is_file() else set()
    return next((name for name in known if CPU_FLAG[name] in has), "baseline")


def build(instruction_set: str) -> Path:
    """The kernel with one instruction set, under the name of the baseline: then no other is needed."""
    flags = [*native.instruction_sets()[instruction_set], f"-DARGYRO_ISA_{instruction_set.upper()}=1"]
    native.instruction_sets = lambda: {"baseline": flags}
    os.environ["CXX"] = f"{os.environ.get('CXX', 'g++')} {FLAGS}"
    os.environ["CXXFLAGS"] = "-O1 -g1"
    folder = BUILD / instruction_set
    return native.build_kernel(folder / "_kernel.so", folder, native.python_include_dirs())


def main() -> int:
    kernel = build(sys.argv[1] if len(sys.argv) > 1 else best_instruction_set())
    libraries = [
        subprocess.run(["g++", f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()
        for name in ("libasan.so", "libubsan.so", "libstdc++.so")
    ]
    environment = {
        **os.environ,
        "LD_PRELOAD": " ".join(libraries),
        "ASAN_OPTIONS": "detect_leaks=0",  # the interpreter's own
        "ARGYRO_TESTED_KERNEL": str(kernel),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-k", SLOW, *(str(HERE.parent / name) for name in TESTS)]
    return subprocess.run(command, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
