"""The README says what the code says, and examples in docstrings print what they say."""

import ast
import doctest
import importlib
import re

import pytest
from PIL import Image

from recsys_core.algorithms import ALGORITHMS
from recsys_core.parameters import parameters
from tests.benchmarks.peers import publish
from tests.published.rows import read_rows
from tests.source_code import CORE, ROOT, SCREEN, module_of, name_of, tree_of

README = (ROOT / "README.md").read_text()
WITH_EXAMPLES = [path for path in CORE if ">>> " in path.read_text()]


def parameter_table() -> str:
    """The table of all algorithms and their parameters, from the fields themselves."""
    lines = ["| algorithm | parameter | default | slider | meaning |", "|---|---|---|---|---|"]
    for recipe in ALGORITHMS.values():
        for name, parameter in parameters(recipe).items():
            if parameter.options:
                offered = " / ".join(parameter.options)
            else:
                low, high = parameter.typical
                offered = f"{low:g} to {high:g}" + (", log" if parameter.log else "")
            default = parameter.default if parameter.options else f"{parameter.default:g}"
            lines.append(f"| {recipe.label} | `{name}` | {default} | {offered} | {parameter.help} |")
    return "\n".join(lines)


def test_the_table_of_parameters_is_the_one_in_the_code():
    assert parameter_table() in README, f"Put this table into README.md:\n\n{parameter_table()}"


def test_the_number_of_published_results_is_the_one_in_the_code():
    assert f"Do we reproduce published results? {len({row.id for row in read_rows()})} of them" in README


def test_single_algorithms_are_named_only_where_no_other_is_meant():
    """By class or by key; "biases" is also what a rating is made of. Algorithms themselves may build on each other."""
    names = {recipe.__name__ for recipe in ALGORITHMS.values()} | set(ALGORITHMS) - {"biases"}
    naming = set()
    for path in (*CORE, *SCREEN):
        for node in ast.walk(tree_of(path)):
            is_import = isinstance(node, ast.ImportFrom) and (node.module or "").startswith("recsys_core.algorithms")
            said = {each.name for each in node.names} if is_import else {getattr(node, "value", None)} & set(ALGORITHMS)
            naming |= {module_of(path)} if said & names else set()
    assert {each for each in naming if not each.startswith("recsys_core.algorithms")} == {
        "pages.shared.links.lessons",
        "pages.views.train.one_step",
        "pages.views.train.worked_pairs",
        "pages.views.what_if.plan",
        "recsys_core.evaluation.list_context",
        "recsys_core.evaluation.truncation_sweep",
        "recsys_core.per_user.worked_pairs",
        "recsys_core.runner.first_models",
        "recsys_core.truth.worlds",
    }


def test_the_comparison_with_the_peers_is_what_the_numbers_that_are_kept_give():
    command = "python -m tests.benchmarks.peers.publish"
    numbers = publish.kept_numbers()
    assert f"<!-- peers -->\n{publish.section(numbers)}<!-- /peers -->" in README, f"Write it anew: {command}"
    with Image.open(publish.PICTURE) as picture:
        assert picture.info["numbers"] == publish.digest(), f"The picture is of other numbers. Draw it anew: {command}"


def test_the_comparison_with_the_peers_is_made_at_equal_accuracy():
    """A peer that is quicker, but further from the exact space than allowed, is no rival; nor is what is not there."""
    row = {"what": "truncated SVD", "data": "ML-1M", "factors": 16, "load": 1.0, "processor": 0.2, "run": 0}
    ours, near, far = (
        row | {"name": name, "ours": name == "ours", "seconds": seconds, "angle": angle}
        for name, seconds, angle in (("ours", 0.1, 2e-7), ("near", 0.2, 3e-9), ("far", 0.01, 1e-5))
    )
    run = {"date": "2026-01-01", "machine": "m", "python": "3", "libraries": {"near": "1.0"}}
    section = publish.section({"runs": [run], "rows": [ours, near, far]})
    assert "| truncated SVD | 16 | 0.10 s (2·10⁻⁷ rad) | 0.20 s (3·10⁻⁹ rad), near | 0.50 | 1.00 |" in section
    assert "| ML-1M | – | 0.50 | – | – |" in section
    assert "far" not in section


def test_a_part_that_is_measured_anew_replaces_its_own_rows_and_no_others(tmp_path, monkeypatch):
    """Each row still says in which run it was measured; a run of which nothing is left is forgotten."""
    monkeypatch.setattr(publish, "NUMBERS", tmp_path / "numbers.json")
    publish.NUMBERS.write_text('{"runs": [], "rows": []}')
    monday, tuesday, friday = ({"date": date} for date in ("Monday", "Tuesday", "Friday"))
    row = {"what": "exact ALS, an epoch", "data": "ML-1M", "factors": 16, "load": 1.0}
    for part, seconds, run in (("a", 1.0, monday), ("b", 2.0, monday), ("a", 3.0, tuesday), ("b", 4.0, friday)):
        publish.keep(part, [row | {"seconds": seconds}], run)
        if run is tuesday:
            numbers = publish.kept_numbers()
            told = {each["part"]: (each["seconds"], numbers["runs"][each["run"]]["date"]) for each in numbers["rows"]}
            assert told == {"a": (3.0, "Tuesday"), "b": (2.0, "Monday")}
    numbers = publish.kept_numbers()
    assert [each["seconds"] for each in numbers["rows"]] == [3.0, 4.0]
    assert [run["date"] for run in numbers["runs"]] == ["Tuesday", "Friday"]


def test_files_that_the_documents_name_are_there():
    documents = [ROOT / "README.md", *(ROOT / ".github").glob("*.md")]
    named = [
        name for path in documents for name in re.findall(r"`((?:tests|recsys_core|pages)/[\w/.]+)`", path.read_text())
    ]
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists() and not name.endswith("/yours.py")] == []


def test_the_example_for_a_notebook_runs(capsys):
    (example,) = [
        code for code in re.findall(r"```python\n(.*?)```", README, re.S) if "import recsys_core as rc" in code
    ]
    exec(compile(example, "README.md", "exec"), {})
    assert "has the highest NDCG@10" in capsys.readouterr().out


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=name_of)
def test_examples_in_docstrings_print_what_they_say(path):
    results = doctest.testmod(importlib.import_module(module_of(path)))
    assert results.attempted and not results.failed
