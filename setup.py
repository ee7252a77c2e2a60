"""Build the C++ parts (kernel, LAMMPS plugin, reader of number rows); pyproject.toml holds all other metadata."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

POTENTIAL = "argyro.platform.potential.native"
TRAJECTORIES = "argyro.platform.dynamics.trajectories"
FOLDER = Path(__file__).parent / "platform" / "potential" / "native"
SOURCES = ["kernel/*.cpp", "kernel/*.hpp", "lammps/*.cpp", "lammps/*.hpp"]  # shipped: build-plugin compiles them again


def load_native_build():
    """Load the build recipe by path, because `argyro` itself cannot be imported yet."""
    spec = spec_from_file_location("native_build", FOLDER / "build.py")
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class BuildNative(build_ext):
    """Compile by our own recipe: one object per source and instruction set."""

    def get_ext_filename(self, fullname):
        """Give the plugin the name by which LAMMPS finds it."""
        name = super().get_ext_filename(fullname)
        return str(Path(name).with_name("argyroplugin.so")) if fullname.endswith("argyroplugin") else name

    def build_extension(self, ext):
        """Compile one of the three libraries."""
        native = load_native_build()
        if ext.name.startswith(TRAJECTORIES):
            ext.include_dirs = [str(path) for path in native.python_include_dirs()]
            super().build_extension(ext)
            return
        target, scratch = Path(self.get_ext_fullpath(ext.name)), Path(self.build_temp).resolve()
        if ext.name.endswith("_kernel"):
            native.build_kernel(target, scratch, native.python_include_dirs())
        else:
            native.build_plugin(target, scratch, native.wheel_include_dirs(), native.wheel_defines())


class BuildPythonAndSources(build_py):
    """Add the C++ sources to the potential's package."""

    def finalize_options(self):
        """Complete the package data that pyproject.toml states."""
        super().finalize_options()
        self.package_data.setdefault(POTENTIAL, []).extend(SOURCES)


ROW_READER = Extension(
    f"{TRAJECTORIES}._number_rows",
    ["platform/dynamics/trajectories/number_rows.cpp"],
    extra_compile_args=["-std=c++20", "-O3", "-g0", "-fvisibility=hidden"],
    language="c++",
)

setup(
    ext_modules=[Extension(f"{POTENTIAL}._kernel", []), Extension(f"{POTENTIAL}.argyroplugin", []), ROW_READER],
    cmdclass={"build_ext": BuildNative, "build_py": BuildPythonAndSources},
)
