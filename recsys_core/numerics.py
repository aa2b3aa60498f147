"""What numbers depend on beside data, recipe and seed: the version of our arithmetic, and what it runs on."""

import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import scipy.linalg
from threadpoolctl import threadpool_info

NUMERICS_VERSION = "11"
"""Raised by hand whenever a change of the code changes a number: data made by a generator, a split, what an algorithm
learns, a metric, an interval. `tests/core/test_golden_numbers.py` fails where that was forgotten. A changed comment, a
renamed function or a moved file changes no number and no version."""

_LABELS = {"python": "Python", "numpy": "NumPy", "scipy": "SciPy", "blas": "BLAS", "processor": "processor"}
_BLAS = {"openblas": "OpenBLAS", "mkl": "MKL", "blis": "BLIS"}
_LONGEST_WORD = 400  # of an address; what is longer was not written here


@cache
def numerical_environment() -> dict[str, str]:
    """Return what rounds the numbers of this process: versions of Python, NumPy and SciPy, BLAS kernel, processor.

    The same code gives the same bits where all of these agree; elsewhere the last digits may differ, and what is
    learned by many small steps (BPR, LambdaRank) may differ from the third digit of a metric on.
    """
    kernels = {_name_blas(info) for info in threadpool_info() if info["user_api"] == "blas"}
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "blas": ", ".join(sorted(kernels)) or "unknown",
        "processor": f"{_processor()} ({platform.machine()})",
    }


def _name_blas(info: Mapping[str, Any]) -> str:
    api = info["internal_api"]
    return " ".join(filter(None, [_BLAS.get(api, api), info.get("version"), info.get("architecture")]))


def _processor() -> str:
    with suppress(OSError):  # there is such a file on Linux only
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def describe_environment(environment: Mapping[str, str]) -> str:
    """Write an environment in one line: 'Python 3.11.7, NumPy 2.4.0, SciPy 1.17.0, BLAS …, processor …'."""
    return ", ".join(f"{_LABELS[name]} {environment[name]}" for name in _LABELS if name in environment)


def environment_differences(theirs: Mapping[str, str], ours: Mapping[str, str]) -> list[str]:
    """Name what differs, as ['NumPy 2.3.5 there and 2.4.0 here']; what one of the two lacks is passed over."""
    return [
        f"{label} {theirs[name]} there and {ours[name]} here"
        for name, label in _LABELS.items()
        if name in theirs and name in ours and theirs[name] != ours[name]
    ]


def write_environment(environment: Mapping[str, str]) -> str:
    """Write an environment as one word for an address: 'python-3.11.7~numpy-2.4.0~…'; `read_environment` reads it."""
    return "~".join(f"{name}-{environment[name]}" for name in _LABELS if name in environment)


def read_environment(word: str) -> dict[str, str]:
    """Read what `write_environment` wrote; what is no part of an environment is passed over."""
    parts = (part.partition("-") for part in word[:_LONGEST_WORD].split("~"))
    return {name: value for name, _, value in parts if name in _LABELS and value}


def distinct_environments(environments: Iterable[Mapping[str, str] | None]) -> list[dict[str, str]]:
    """Return the different ones among `environments`, in order, without those that are not known."""
    return list({tuple(sorted(each.items())): dict(each) for each in environments if each}.values())
