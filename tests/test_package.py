"""`pip install .` gives recsys_core whole and without the app; names of `import recsys_core` are loaded when used."""

import html
import re
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import recsys_core as rc
from recsys_core.errors import InputError
from recsys_core.evaluation.significant_digits import format_interval

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements(name: str) -> set[str]:
    """The lines of a file of requirements that name a package."""
    lines = (line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return {line for line in lines if line and not line.startswith("-r")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of the working tree, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout: what belongs to the project cannot be told from what lies about")
    for name in listed.stdout.split("\0")[:-1]:
        if (ROOT / name).exists():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, tree]
    subprocess.run(command, check=True)
    (built,) = folder.glob("*.whl")
    unpacked = folder / "unpacked"
    zipfile.ZipFile(built).extractall(unpacked)
    return tree, unpacked


def test_the_wheel_holds_every_file_of_the_core_and_nothing_of_the_app(wheel):
    tree, unpacked = wheel
    files = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    ours = {path.relative_to(tree).as_posix() for path in (tree / "recsys_core").rglob("*") if path.is_file()}
    assert {name for name in files if ".dist-info/" not in name} == ours


def test_every_module_of_the_wheel_can_be_imported_away_from_the_project(wheel, tmp_path):
    _, unpacked = wheel
    modules = [
        ".".join(path.relative_to(unpacked).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((unpacked / "recsys_core").rglob("*.py"))
        if path.name != "__main__.py"
    ]
    code = f"import sys; sys.path.insert(0, {str(unpacked)!r})\n" + "\n".join(f"import {name}" for name in modules)
    code += "\nassert recsys_core.__file__.startswith(sys.path[0]) and recsys_core.generate(20, 20).titles"
    subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, check=True)


def test_the_app_and_the_package_need_the_same_versions():
    app = {line for line in requirements("requirements.txt") if line.startswith("streamlit")}
    assert set(PROJECT["dependencies"]) == requirements("requirements.txt") - app
    extras = {each for lines in PROJECT["optional-dependencies"].values() for each in lines}
    assert extras <= requirements("tests/requirements.txt")
    commented = set(re.findall(r"^# (\S+)  # only", (ROOT / "requirements.txt").read_text(), re.M))
    assert commented == extras


def test_the_version_is_the_newest_of_the_changelog():
    changelog = (ROOT / ".github" / "CHANGELOG.md").read_text()
    assert re.search(r"^## ([\d.]+)", changelog, re.M)[1] == PROJECT["version"]


def test_names_of_the_package_are_loaded_when_first_used():
    code = "import sys, recsys_core as rc; print(len([name for name in sys.modules if name.startswith('recsys_core')]))"
    code += "; assert set(rc.__all__) <= set(dir(rc)); print(*(getattr(rc, name) is not None for name in rc.__all__))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", *["True"] * len(rc.__all__)]
    with pytest.raises(AttributeError, match=r"'recsys_core' has no attribute 'evalute'"):
        rc.evalute  # noqa: B018


def test_settings_of_a_notebook_reach_the_recipes():
    settings = dict(n_tastes=3, picks=5.0, popularity_skew=0.5, noise=0.25, feedback="explicit", seed=7)
    dataset = rc.generate(30, 20, **settings)
    assert dataset.origin == {"kind": "planted", "n_users": 30, "n_items": 20, **settings}
    split = rc.split(dataset, "random per user", validation=0.15, test=0.25, seed=3)
    assert split.recipe.settings() == dict(method="random per user", validation=0.15, test=0.25, seed=3)
    with pytest.raises(InputError, match=r"at most 0\.45"):
        rc.split(dataset, test=0.9)


EVIL = "<img src=x onerror=alert(1)>"


def shown_cells(shown: str) -> list[list[str]]:
    """The cells of each row of a table, as text."""
    rows = re.findall(r"<tr>(.*?)</tr>", shown)
    return [[html.unescape(cell) for cell in re.findall(r"<bdi>(.*?)</bdi>", row)] for row in rows]


def test_a_notebook_shows_an_evaluation_and_a_comparison_with_their_numbers_and_names_as_text():
    split = rc.split(rc.generate(80, 40, feedback="explicit"))
    evaluations = {}
    for name in ("svd", "als"):
        *_, last = rc.ALGORITHMS[name](n_factors=2).epochs(split.train)
        evaluations[f"{EVIL} {name}"] = rc.evaluate(last.model, split, "validation")
    comparison = rc.compare(evaluations)
    _, als = evaluations.values()
    header, *metrics = shown_cells(als._repr_html_())
    assert header == ["metric", "mean", "meaning"]
    assert [row[:2] for row in metrics if row[0] in ("NDCG@10", "RMSE")] == [
        ["NDCG@10", format_interval(als.interval("ndcg", 10))],
        ["RMSE", f"{als.rmse:.3f}"],
    ]
    shown = comparison._repr_html_()
    assert "<img" not in shown
    header, first, second = shown_cells(shown)
    assert (first[0], second[0]) == tuple(evaluations)
    assert (first[-1], second[-1]) == ("baseline", comparison.verdicts[1, 0].marked)
    assert second[header.index("NDCG@10")] == format_interval(als.interval("ndcg", 10))
    assert html.unescape(shown).count(comparison.headline) == 1


def test_an_evaluation_that_ranks_nobody_is_shown_with_its_errors():
    dataset = rc.generate(40, 30, feedback="explicit")
    all_disliked = replace(dataset, interactions=replace(dataset.interactions, relevance_threshold=9.0))
    split = rc.split(all_disliked)
    *_, last = rc.ALGORITHMS["als"](n_factors=2).epochs(split.train)
    shown = rc.evaluate(last.model, split)._repr_html_()
    assert [row[0] for row in shown_cells(shown)] == ["metric", "RMSE"]


def test_text_of_a_data_set_stays_text_in_a_notebook(tmp_path):
    path = tmp_path / f"{EVIL.replace('/', '')}.csv"
    path.write_text(f"user,item,rating\n{EVIL},{EVIL},4\nBo,{EVIL},3.5\nBo,\u202ecba,1\n")
    dataset, _ = rc.read_file(path)
    shown = dataset._repr_html_()
    assert "<img" not in shown and shown.count("&lt;img") >= 3 and "<bdi>3.5</bdi>" in shown
