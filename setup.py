"""Builds the C++ parts (kernel extension and LAMMPS plugin); everything else stands in pyproject.toml."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

POTENTIAL = "argyro.platform.potential.native"
FOLDER = Path(__file__).parent / "platform" / "potential" / "native"
SOURCES = ["kernel/*.cpp", "kernel/*.hpp", "lammps/*.cpp", "lammps/*.hpp"]  # shipped: build-plugin compiles them again


def load_native_build():
    """The build recipe, loaded by path since `argyro` itself is not importable yet."""
    spec = spec_from_file_location("native_build", FOLDER / "build.py")
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class BuildNative(build_ext):
    """Compiles by our own recipe: one object per source and instruction set."""

    def get_ext_filename(self, fullname):
        """Gives the plugin the name by which LAMMPS finds it."""
        name = super().get_ext_filename(fullname)
        return str(Path(name).with_name("argyroplugin.so")) if fullname.endswith("argyroplugin") else name

    def build_extension(self, ext):
        """Compiles one of the two libraries."""
        native = load_native_build()
        target, scratch = Path(self.get_ext_fullpath(ext.name)), Path(self.build_temp).resolve()
        if ext.name.endswith("_kernel"):
            native.build_kernel(target, scratch, native.python_include_dirs())
        else:
            native.build_plugin(target, scratch, native.wheel_include_dirs(), native.wheel_defines())


class BuildPythonAndSources(build_py):
    """Adds the C++ sources to the potential's package."""

    def finalize_options(self):
        """Completes the package data that pyproject.toml states."""
        super().finalize_options()
        self.package_data.setdefault(POTENTIAL, []).extend(SOURCES)


setup(
    ext_modules=[Extension(f"{POTENTIAL}._kernel", []), Extension(f"{POTENTIAL}.argyroplugin", [])],
    cmdclass={"build_ext": BuildNative, "build_py": BuildPythonAndSources},
)
