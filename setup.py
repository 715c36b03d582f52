"""Compiles the kernels of the measures; everything else about the package stands in pyproject.toml."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

MEASURES = "src/bitsapart/measures"

# Contraction to fused multiply-add is wanted; anything that would undo the compensated sums is not. Python's own
# -fwrapv would keep loops over int from becoming vector instructions.
FLAGS = {"unix": ["-O3", "-fno-math-errno", "-fno-trapping-math", "-fno-wrapv", "-g0"], "msvc": ["/O2", "/fp:precise"]}


class BuildKernels(build_ext):
    """Optional: where nothing compiles, the measures run on NumPy, with the same answers, slower."""

    def build_extension(self, ext: Extension) -> None:
        """Compile with what this compiler understands."""
        ext.extra_compile_args = FLAGS.get(self.compiler.compiler_type, [])
        super().build_extension(ext)


setup(
    ext_modules=[
        Extension(
            "bitsapart.measures._kernels",
            [f"{MEASURES}/kernels.c", f"{MEASURES}/pairs.c", f"{MEASURES}/families.c"],
            depends=[f"{MEASURES}/arithmetic.h", f"{MEASURES}/pairs.h", f"{MEASURES}/families.h"],
            py_limited_api=True,
            optional=True,
        )
    ],
    cmdclass={"build_ext": BuildKernels},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
