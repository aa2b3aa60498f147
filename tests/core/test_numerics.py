"""What rounds the numbers is named, travels in an address, and differences are told."""

import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import SplitRecipe
from recsys_core.numerics import (
    describe_environment,
    distinct_environments,
    environment_differences,
    numerical_environment,
    read_environment,
    write_environment,
)
from recsys_core.runner.execute import execute
from recsys_core.store.store import RunStore

HERE = {
    "python": "3.11.7",
    "numpy": "2.4.0",
    "scipy": "1.17.0",
    "blas": "OpenBLAS 0.3.30 Haswell",
    "processor": "A (x)",
}


def test_the_environment_names_libraries_kernel_and_processor():
    here = numerical_environment()
    assert set(here) == set(HERE) and all(here.values())
    assert here["blas"] != "unknown", "NumPy is loaded, so its BLAS must be known"


def test_an_environment_comes_back_from_an_address():
    assert read_environment(write_environment(HERE)) == HERE
    assert read_environment(write_environment(numerical_environment())) == numerical_environment()


@pytest.mark.parametrize("word", ["", "~", "-", "numpy", "numpy-", "colour-red", "~~~numpy-~x-1"])
def test_what_is_no_environment_says_nothing(word):
    assert read_environment(word) == {}


def test_only_what_differs_is_told():
    assert environment_differences(HERE, HERE) == []
    assert environment_differences({**HERE, "numpy": "2.3.5"}, HERE) == ["NumPy 2.3.5 there and 2.4.0 here"]
    assert environment_differences({}, HERE) == [], "of what is not known nothing is said"


def test_equal_environments_are_told_once():
    assert distinct_environments([HERE, None, dict(HERE), {}]) == [HERE]
    assert describe_environment(HERE).startswith(
        "Python 3.11.7, NumPy 2.4.0, SciPy 1.17.0, BLAS OpenBLAS 0.3.30 Haswell"
    )


def test_a_run_keeps_what_it_was_trained_on(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    split = store.split(store.add_dataset(load_example_5x5()), SplitRecipe())
    run_id = store.queue.add_run(split, "svd", ALGORITHMS["svd"](n_factors=2), 0)
    assert store.run(run_id).environment is None
    execute(store, store.queue.claim("worker"))
    assert store.run(run_id).environment == numerical_environment()
