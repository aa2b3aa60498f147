"""The floors of ARCHITECTURE hold: imports point down only, the mathematics is silent, nothing is pickled."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.source_code import CORE, ROOT, SCREEN, TESTS, dotted, imported, module_of, name_of, nodes, offences, tree_of

# A room may import rooms below it and itself, never one on its own floor.
FLOORS = (
    ("errors", "escape", "percent"),
    ("parameters", "threads", "numerics", "html_table"),
    ("data",),
    ("metrics",),
    ("algorithms",),
    ("optimize", "factors"),
    ("evaluation",),
    ("per_user", "reranking"),
    ("comparison",),
    ("film", "truth"),
    ("store",),
    ("links",),
    ("sweeps", "exchange"),
    ("figures",),
    ("runner",),
    ("report",),
    ("notebook",),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

MAY_SPEAK = ROOT / "recsys_core" / "runner" / "__main__.py"
NEW_RANDOM = {"default_rng", "Generator", "SeedSequence", "BitGenerator", "PCG64", "Philox"}
PICKLERS = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
PICKLING_CALLS = {"read_pickle", "to_pickle", "joblib.load", "joblib.dump", "torch.load", "pickle.load", "pickle.loads"}
HIDDEN = {".ci", ".github", ".streamlit", ".gitignore", ".pre-commit-config.yaml"}
TOP_LEVEL = {"app.py", "pages", "recsys_core", "tests", "requirements.txt", "README.md", "LICENSE", "pyproject.toml"}


def packages_imported(path: Path) -> set[str]:
    """The first words of what a file imports: "numpy", "streamlit"."""
    return {name.split(".")[0] for name in imported(tree_of(path), path.relative_to(ROOT).parts[:-1])}


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "recsys_core").parts[0].removesuffix(".py")


def rooms_above(path: Path, tree: ast.AST) -> list[str]:
    """Rooms that a core file imports although they are not below its own."""
    here = room_of(path)
    names = imported(tree, path.relative_to(ROOT).parts[:-1])
    rooms = {name.split(".")[1] for name in names if name.startswith("recsys_core.")} - {here}
    return sorted(room for room in rooms if FLOOR_OF[room] >= FLOOR_OF[here])


def views_not_its_own(path: Path, tree: ast.AST) -> list[str]:
    """Views that a file imports although they belong to another page, or to none of its business."""
    place = path.relative_to(ROOT).parts
    own = place[2] if place[1:2] == ("views",) else Path(place[-1]).stem if len(place) == 2 else None
    views = [name for name in imported(tree, place[:-1]) if name.startswith("pages.views.")]
    return [name for name in views if name.split(".")[2] != own]


def imported_at_once(path: Path) -> Iterator[str]:
    """Our own modules that a file needs before it is loaded itself: what it imports outside of functions."""
    at_once = ast.Module([node for node in tree_of(path).body if isinstance(node, ast.Import | ast.ImportFrom)], [])
    known = {module_of(each) for each in [*CORE, *SCREEN]}
    for name in imported(at_once, path.relative_to(ROOT).parts[:-1]):
        yield from {name if name in known else name.rpartition(".")[0]} & known


def circles(imports: dict[str, set[str]]) -> list[str]:
    """Modules that import themselves through others: what is left when all that can be loaded has been."""
    left = dict(imports)
    while ready := [name for name, needed in left.items() if not (needed & left.keys()) - {name}]:
        for name in ready:
            del left[name]
    return sorted(left)


def imported_by_name(tree: ast.AST) -> list[str]:
    """Uses of what imports a module whose name is made at run time."""
    found = [name for name in imported(tree) if name.split(".")[0] in ("importlib", "imp", "pkgutil", "runpy")]
    return found + [node.id for node in nodes(tree) if isinstance(node, ast.Name) and node.id == "__import__"]


def imports_of_test_modules(path: Path, tree: ast.AST) -> list[str]:
    """Modules of tests that a file imports from: what two tests share stands in a plain module beside them."""
    names = imported(tree, path.relative_to(ROOT).parts[:-1])
    return [name for name in names if any(word.startswith("test_") for word in name.split(".")[:-1])]


def words_spoken(tree: ast.AST) -> list[str]:
    """print, logging, tqdm, warnings shown by hand and `verbose`, by line."""
    found = []
    for node in nodes(tree):
        if isinstance(node, ast.Call) and dotted(node.func) in ("print", "sys.stdout.write", "sys.stderr.write"):
            found.append(f"{node.lineno}: {dotted(node.func)}")
        elif isinstance(node, ast.arg | ast.keyword) and node.arg == "verbose":
            found.append(f"{node.lineno}: verbose")
    return found + [name for name in imported(tree) if name.split(".")[0] in ("logging", "tqdm")]


def global_randomness(tree: ast.AST) -> list[str]:
    """Uses of NumPy's or Python's global random state."""
    found = [name for name in imported(tree) if name.split(".")[0] == "random"]
    for name in imported(tree):
        if name.startswith("numpy.random.") and name.split(".")[2] not in NEW_RANDOM:
            found.append(name)
    for node in nodes(tree):
        if isinstance(node, ast.Attribute) and dotted(node.value) in ("np.random", "numpy.random"):
            if node.attr not in NEW_RANDOM:
                found.append(f"{node.lineno}: {dotted(node)}")
    return found


def pickling(tree: ast.AST) -> list[str]:
    """Whatever could run a stranger's code while reading their data."""
    found = [name for name in imported(tree) if name.split(".")[0] in PICKLERS]
    for node in nodes(tree):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            if not (isinstance(node.value, ast.Constant) and node.value.value is False):
                found.append(f"{node.value.lineno}: allow_pickle")
        elif isinstance(node, ast.Call):
            called = dotted(node.func)
            if called in PICKLING_CALLS or called.split(".")[-1] in PICKLING_CALLS:
                found.append(f"{node.lineno}: {called}")
    return found


def test_every_room_of_the_core_stands_on_a_floor():
    rooms = {room_of(path) for path in CORE} - {"__init__"}
    assert rooms <= set(FLOOR_OF), "a new room: say in FLOORS where it stands"


def test_imports_point_down_only():
    in_rooms = [path for path in CORE if room_of(path) != "__init__"]
    assert offences(in_rooms, lambda path: rooms_above(path, tree_of(path))) == {}


def test_a_view_knows_its_own_page_and_what_pages_share_and_no_other_view():
    assert offences(SCREEN, lambda path: views_not_its_own(path, tree_of(path))) == {}


def test_no_modules_import_one_another_in_a_circle():
    imports = {module_of(path): set(imported_at_once(path)) for path in [*CORE, *SCREEN]}
    assert circles(imports) == []


def test_the_core_knows_neither_the_screen_nor_the_pages():
    unknown = {"streamlit", "pages", "app", "tests", "altair"}
    assert offences(CORE, lambda path: packages_imported(path) & unknown) == {}


def test_nothing_is_imported_by_a_name_made_at_run_time():
    assert offences(CORE, lambda path: imported_by_name(tree_of(path))) == {}


def test_no_test_imports_from_a_test_module():
    assert offences(TESTS, lambda path: imports_of_test_modules(path, tree_of(path))) == {}


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("plotly", {"figures"}),
        ("sqlalchemy", {"store"}),
        ("pyarrow", {"data", "exchange"}),
        ("optuna", {"sweeps"}),
        ("distributed", {"runner"}),
    ],
)
def test_a_heavy_package_is_imported_in_one_room_only(package, rooms):
    assert {room_of(path) for path in CORE if package in packages_imported(path)} <= rooms
    assert [name_of(path) for path in SCREEN if package in packages_imported(path)] == []


def test_metrics_take_arrays_and_know_nothing_of_the_core_but_its_error():
    for path in CORE:
        if room_of(path) == "metrics":
            names = imported(tree_of(path), path.relative_to(ROOT).parts[:-1])
            rooms = {name.split(".")[1] for name in names if name.startswith("recsys_core.")}
            assert rooms <= {"metrics", "errors"}, name_of(path)


SLOW_TO_LOAD = {
    *("pandas", "jinja2", "sqlalchemy.dialects.postgresql", "scipy.special", "scipy.stats", "scipy.optimize"),
    "scipy.sparse.linalg",
}


def loaded_by(module: str) -> set[str]:
    """All modules that are loaded when a process has imported `module`."""
    code = f"import sys, {module}; sys.stdout.write(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(loaded.stdout.split())


def test_loading_the_algorithms_loads_neither_evaluation_nor_screen():
    """At run time too: what a file imports may import more."""
    modules = loaded_by("recsys_core.algorithms")
    assert "recsys_core.algorithms.als" in modules
    for unseen in ("recsys_core.evaluation", "recsys_core.metrics", "recsys_core.store", "streamlit", "plotly"):
        assert unseen not in modules


def test_a_worker_starts_without_what_only_pages_need():
    """Two of them start beside the first page of a fresh server."""
    assert loaded_by("recsys_core.runner.worker") & {*SLOW_TO_LOAD, "plotly"} == set()


def test_a_fresh_server_draws_its_first_page_without_what_only_other_pages_need():
    first_page = "pages.shared.shell.draw_app, pages.views.start.scrubber.payload, pages.views.start.recovery"
    modules = loaded_by(first_page)
    assert "pages.views.start.recovery" in modules and modules & {*SLOW_TO_LOAD, "plotly.express"} == set()


def test_the_mathematics_is_silent():
    silent = [path for path in CORE if path != MAY_SPEAK]
    assert offences(silent, lambda path: words_spoken(tree_of(path))) == {}


def test_there_is_no_global_random_state():
    assert offences([*CORE, *SCREEN], lambda path: global_randomness(tree_of(path))) == {}


def test_nothing_is_pickled():
    assert offences([*CORE, *SCREEN, *TESTS], lambda path: pickling(tree_of(path))) == {}


def test_no_file_is_longer_than_400_lines():
    assert (
        offences([*CORE, *SCREEN], lambda path: max(0, len(path.read_text(encoding="utf-8").splitlines()) - 400)) == {}
    )


def test_the_top_level_holds_what_belongs_there_and_no_more():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what belongs to the project cannot be told from what lies about")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {line.split("/")[0] for line in listed.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL
    assert {name for name in top if name.startswith(".")} <= HIDDEN


# The checks themselves can fail


@pytest.mark.parametrize(
    ("source", "above"),
    [
        ("from recsys_core.evaluation.evaluate import evaluate", ["evaluation"]),
        ("import recsys_core.store.store", ["store"]),
        ("from recsys_core import store", ["store"]),
        ("from ..evaluation import rank_items", ["evaluation"]),
        ("def f():\n    from recsys_core.runner import execute", ["runner"]),
        ("from .als import ALS\nfrom ..data.split import split\nfrom recsys_core.errors import InputError", []),
    ],
)
def test_an_import_that_points_up_is_seen_however_it_is_written(source, above):
    assert rooms_above(ROOT / "recsys_core" / "algorithms" / "new.py", ast.parse(source)) == above


def test_another_page_s_view_is_seen_and_so_is_one_in_what_pages_share():
    tree = ast.parse("from pages.views.compare.table import show_table")
    assert views_not_its_own(ROOT / "pages" / "views" / "data" / "new.py", tree)
    assert views_not_its_own(ROOT / "pages" / "shared" / "results" / "new.py", tree)
    assert views_not_its_own(ROOT / "pages" / "data.py", tree)
    assert not views_not_its_own(ROOT / "pages" / "views" / "compare" / "new.py", tree)
    assert not views_not_its_own(ROOT / "pages" / "compare.py", tree)


def test_an_import_from_a_test_module_is_seen_and_one_of_a_plain_module_is_not():
    here = ROOT / "tests" / "core" / "test_new.py"
    assert imports_of_test_modules(here, ast.parse("from tests.core.data.test_split import times"))
    assert imports_of_test_modules(here, ast.parse("from .test_numerics import ROOT"))
    assert not imports_of_test_modules(here, ast.parse("from tests.oracles import slow_ndcg, test_cases_of"))


def test_a_circle_is_seen():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == ["a", "b", "c", "d"]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def without_words(tree: ast.AST) -> list[str]:
    """The lines of tables and charts that lack `alt`, the words for those who do not see them."""
    drawn = {"dataframe", "data_editor", "plotly_chart", "vega_lite_chart"}
    return [
        f"{node.lineno}: {dotted(node.func)} without alt="
        for node in nodes(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in drawn
        if all(keyword.arg != "alt" for keyword in node.keywords)
    ]


def test_every_table_and_chart_is_described_in_words():
    assert offences(SCREEN, lambda path: without_words(tree_of(path))) == {}


def test_a_table_without_words_is_seen():
    assert without_words(ast.parse("left.dataframe(table, key='x')"))
    assert not without_words(ast.parse("st.dataframe(table, alt='All runs.'); pd.DataFrame(rows)"))


def not_kept(tree: ast.AST) -> list[str]:
    """The lines of widgets that the URL keeps and the session does not: a browser that is late shows their default."""
    calls = [node for node in nodes(tree) if isinstance(node, ast.Call)]
    named = [(call, {keyword.arg for keyword in call.keywords}, dotted(call.func)) for call in calls]
    return [
        f"{call.lineno}: {name} without persist_state="
        for call, given, name in named
        if "bind" in given and "persist_state" not in given and not name.endswith(".expander")  # which takes none
    ]


def test_what_the_url_keeps_of_a_widget_the_session_keeps_too():
    assert offences(SCREEN, lambda path: not_kept(tree_of(path))) == {}


def test_a_widget_that_the_session_does_not_keep_is_seen():
    assert not_kept(ast.parse("left.slider('N', 1, 9, key='N', bind='query-params')"))
    assert not not_kept(ast.parse("st.toggle('On', key='on', bind='query-params', persist_state='session')"))


def chosen_elsewhere(tree: ast.AST) -> list[str]:
    """The lines of choices of one option that the URL keeps, drawn without the rule that an empty value is none."""
    calls = [node for node in nodes(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    named = [(call, {keyword.arg for keyword in call.keywords}) for call in calls]
    return [
        f"{call.lineno}: {dotted(call.func)} instead of choose_one"
        for call, given in named
        if call.func.attr in ("segmented_control", "pills") and "bind" in given and "selection_mode" not in given
    ]


def test_one_option_that_the_url_keeps_is_chosen_where_an_empty_value_is_none():
    assert offences(SCREEN, lambda path: chosen_elsewhere(tree_of(path))) == {}


def test_a_choice_that_an_empty_value_would_break_is_seen():
    assert chosen_elsewhere(ast.parse("left.pills('View', views, key='view', required=True, bind='query-params')"))
    assert not chosen_elsewhere(ast.parse("st.pills('Ways', ways, selection_mode='multi', bind='query-params')"))
    assert not chosen_elsewhere(ast.parse("choose_one(st.pills, 'View', views, default='Why', key='view')"))


def test_every_plotly_figure_goes_through_the_rule_of_axes():
    charts = Path("pages/shared/widgets/charts.py")
    drawn = [path.relative_to(ROOT) for path in SCREEN if ".plotly_chart(" in path.read_text()]
    assert drawn == [charts], "a figure that is drawn elsewhere keeps the axes that Plotly guesses"


@pytest.mark.parametrize(
    "source",
    ["print(1)", "import logging", "from tqdm.auto import tqdm", "def f(verbose=0): 0", "f(verbose=True)"],
)
def test_a_word_spoken_is_heard(source):
    assert words_spoken(ast.parse(source))
    assert not words_spoken(ast.parse("fingerprint(1)\nblueprint = print_nothing"))


@pytest.mark.parametrize(
    "source",
    ["np.random.seed(0)", "x = numpy.random.rand", "import random", "from numpy.random import shuffle"],
)
def test_a_use_of_the_global_random_state_is_seen(source):
    assert global_randomness(ast.parse(source))
    assert not global_randomness(ast.parse("np.random.default_rng(0).random()\nx: np.random.Generator"))


@pytest.mark.parametrize(
    "source",
    [
        "np.load(f, allow_pickle=True)",
        "np.load(f, allow_pickle=wish)",
        "pd.read_pickle(f)",
        "frame.to_pickle(f)",
        "torch.load(f)",
        "import pickle",
        "from joblib import load",
    ],
)
def test_a_pickle_is_seen(source):
    assert pickling(ast.parse(source))
    assert not pickling(ast.parse("np.load(f, allow_pickle=False); json.load(f)"))
