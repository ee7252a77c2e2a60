"""Runs the kernel's tests with the kernel compiled under AddressSanitizer and UndefinedBehaviorSanitizer.

`python tests/platform/potential/sanitize.py`; the compiled module is kept in ``build/sanitized`` for the next call.
"""

import os
import subprocess
import sys
from pathlib import Path

from argyro.platform.potential import native_build

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[2] / "build" / "sanitized"
FLAGS = "-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g"
TESTS = ["test_potential_physics.py", "test_mtp_file.py", "test_training.py"]
SLOW = "not (from_nothing or validation_stops or warm_start)"  # they train for long and call nothing the others do not


def main() -> int:
    os.environ["CXX"] = f"{os.environ.get('CXX', 'g++')} {FLAGS}"
    kernel = native_build.build_kernel(BUILD / "_kernel.so", BUILD, native_build.python_include_dirs())
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
    command = [sys.executable, "-m", "pytest", "-q", "-k", SLOW, *(str(HERE / name) for name in TESTS)]
    return subprocess.run(command, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
