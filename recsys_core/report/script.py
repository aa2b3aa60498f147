"""Write runs as a Python program: the shortest one that trains and scores them again."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.blend import Blend
from recsys_core.algorithms.reranked import Reranked
from recsys_core.comparison.sentences import learned_from
from recsys_core.data.cleaning import restore_steps
from recsys_core.data.dataset import Dataset
from recsys_core.data.reading.layout import Layout, restore_layout
from recsys_core.data.synthetic import synthetic_recipe
from recsys_core.errors import InputError
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.numerics import describe_environment, distinct_environments
from recsys_core.parameters import Recipe
from recsys_core.store.run import FINISHED, USABLE, Run
from recsys_core.store.store import RunStore

_WIDTH = 100
_BREAK = ",\n"  # between arguments, until it is known whether they fit on a line; no repr() has such a thing


def script(store: RunStore, runs: Sequence[Run], *, subset: str | None = None, k: int = CUTOFF) -> str:
    """Return a program that makes the data and the split of `runs`, trains and scores them, with `recsys_core` alone.

    All must have ended on one split; `subset` is by default the open one of the split. Models that no program can make
    again are left out, and the program says why.
    Raises InputError if no run is left, or if it is not known where the data come from.
    """
    check_one_split(runs)
    dataset = store.dataset(runs[0].data_fingerprint)
    reasons = {run: _why_left_out(store, run, dataset) for run in runs}
    known = [run for run in runs if not reasons[run]]
    left_out = " ".join(f"#{run.id} {reason}." for run, reason in reasons.items() if reason)
    if not known:
        raise InputError(f"A program must know how a model was trained. {left_out} Choose a run that was trained here.")
    first, split = known[0], store.split_of(known[0])
    subset = subset or split.open_subset
    program = _Program()
    program.add(*_data(store, dataset, program))
    program.add(
        f"if dataset.fingerprint != {dataset.fingerprint!r}:",
        "    sys.exit(f'These data have the fingerprint {dataset.fingerprint}. The runs had other data: '",
        f"             '{dataset.fingerprint}. Give {'their file' if len(program.files) < 2 else 'their files'}.')",
    )
    program.use("sys")
    program.use("recsys_core.data.split", "make_split")
    program.add(f"split = make_split(dataset, {program.call(first.split)})")
    if first.corruptions:
        program.use("recsys_core.data.corruption", "corrupt_split")
        corruptions = ", ".join(program.call(each) for each in first.corruptions)
        program.add(f"split = corrupt_split(dataset, split, [{corruptions}])")
    if subset == "test" and (learned := learned_from(split)):
        program.add(f"# {learned}")
    program.add(*_score(program, subset, k))
    parents = {run: parent for run in known if (parent := _parent(store, run)) is not None}
    owned = {run.recipe.owned for run in parents if isinstance(run.recipe, Reranked)} - {""}
    for each in sorted(owned):
        program.use("recsys_core.data.reading", "read_bytes")
        program.use("recsys_core.reranking.owned", "read_owned")
        content = f"read_bytes({program.path(f'the owned items {each}', 'owned.csv')})"
        program.add(f"owned_{each} = read_owned(*{content}, dataset)")
    if parents:
        program.use("recsys_core.evaluation.reference_models", "evaluate_reference_models")
        program.add("popularity = evaluate_reference_models(dataset, split, split.open_subset)['Popularity']")
    trained: set[int] = set()
    for run in known:
        if run in parents and parents[run].id not in trained:
            program.add("", *_training(store, parents[run], program), f"model_{parents[run].id} = model")
            trained.add(parents[run].id)
        program.add(
            "", *(_reranking(run, parents[run], program, subset) if run in parents else _training(store, run, program))
        )
        program.add(*_show(run))
        if run in parents.values() and run.id not in trained:
            program.add(f"model_{run.id} = model")
            trained.add(run.id)
    return program.text(_docstring(known, left_out, program.files))


def check_one_split(runs: Sequence[Run]) -> None:
    """Raise InputError unless there are runs, all of them ended with a model, on one split."""
    if not runs:
        raise InputError("At least one run must be chosen. Got none: pin a model.")
    if not all(run.state in USABLE for run in runs):
        waiting = [run for run in runs if run.state not in USABLE]
        raise InputError(f"Runs must have ended with a model. {_listed(waiting)} did not: wait, or run again.")
    if len({run.split_fingerprint for run in runs}) > 1:
        raise InputError(f"Runs must be of one split. {_listed(runs)} are not: choose those of one.")


def _listed(runs: Iterable[Run]) -> str:
    return ", ".join(f"#{run.id}" for run in runs)


def _why_left_out(store: RunStore, run: Run, dataset: Dataset) -> str:
    """Return why no program can make a run again; "" where one can."""
    recipe = run.recipe
    if isinstance(recipe, Reranked):
        parent = _parent(store, run)
        if recipe.parent_imported:
            return "re-ranks a model that came in a file"
        if parent is None:
            return "re-ranks the lists of a run that was deleted"
        if parent.algorithm not in ALGORITHMS:
            return "re-ranks a blend of other models"
        if recipe.uses_attributes and _needs_items_file(store, dataset, recipe.attribute):
            return "needs what a file of items says of them, and a program does not read that"
        return ""
    if isinstance(recipe, Blend):
        return "is a blend of other models"
    return "" if run.algorithm in ALGORITHMS else "came in a file"


def _parent(store: RunStore, run: Run) -> Run | None:
    """Return the run whose lists were re-ranked; None for other runs, and where it was deleted."""
    if not isinstance(run.recipe, Reranked):
        return None
    candidates = store.runs(run.split_fingerprint, archived=True)
    return next((each for each in candidates if each.fingerprint == run.recipe.parent and each.state in USABLE), None)


def _needs_items_file(store: RunStore, dataset: Dataset, attribute: str) -> bool:
    """Whether an attribute of the items, "" for the genres, came in another file than the ratings."""
    while dataset.origin.get("kind") == "mended":
        dataset = store.dataset(dataset.origin["source"])
    if attribute in dataset.item_attributes:
        return True
    return any(dataset.genres) and dataset.origin.get("kind") not in ("planted", "fashions")


class _Program:
    """The lines of a program, and what they import. Text from outside enters it by repr() alone."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}
        self._lines: list[str] = []
        self.files: list[str] = []

    def path(self, what: str, filename: str) -> str:
        """Return the path of the next file that the program takes, one with `what`, by default beside the program."""
        self.files.append(what)
        self.use("sys")
        position = len(self.files)
        return f"sys.argv[{position}] if sys.argv[{position}:] else {filename!r}"

    def use(self, module: str, *names: str) -> None:
        self._names.setdefault(module, set()).update(names)

    def add(self, *lines: str) -> None:
        self._lines += lines

    def call(self, thing: Recipe | Layout, *, only_changed: bool = False) -> str:
        """The call that makes `thing` again; with its defaults, which another version may have changed."""
        kind = type(thing)
        module = kind.__module__.removesuffix(".layout")
        if module.startswith("recsys_core.algorithms."):
            module = "recsys_core.algorithms"
        self.use(module, kind.__name__)
        arguments = [
            f"{field.name}={getattr(thing, field.name)!r}"
            for field in fields(thing)
            if not only_changed or getattr(thing, field.name) != field.default
        ]
        return f"{kind.__name__}({_BREAK.join(arguments)})"

    def text(self, docstring: str) -> str:
        imports = [f"import {module}" for module, names in sorted(self._names.items()) if not names]
        imports_from = [
            f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(self._names.items()) if names
        ]
        lines = (line for each in self._lines for line in _wrapped(each))
        return "\n".join([docstring, "", *imports, "", *imports_from, "", *lines]) + "\n"


def _wrapped(line: str) -> list[str]:
    """The line; if it is too long, with its arguments below it. It may be broken at `_BREAK` only.

    Kept by hand: formatters such as Ruff are tools of developers, not libraries that an app would install.
    """
    flat = line.replace(_BREAK, ", ")
    if len(flat) <= _WIDTH or _BREAK not in line:
        return [flat]
    start, _, inside = line.removesuffix(")").partition("(")
    lines = [""]
    for argument in inside.split(_BREAK):
        if lines[-1] and len(lines[-1]) + len(argument) > _WIDTH - 8:
            lines.append("")
        lines[-1] += argument + ", "
    lines[-1] = lines[-1].removesuffix(", ")
    return [f"{start}(", *(f"    {each.rstrip()}" for each in lines), ")"]


def _data(store: RunStore, dataset: Dataset, program: _Program) -> list[str]:
    origin = dataset.origin
    match origin.get("kind"):
        case "planted":
            program.use("recsys_core.data.synthetic", "generate")
            return [f"dataset = generate({program.call(synthetic_recipe(origin))})"]
        case "textbook":
            program.use("recsys_core.data.example_5x5", "load_example_5x5")
            return ["dataset = load_example_5x5()"]
        case "fashions":
            program.use("recsys_core.data.example_fashions", "load_fashions")
            return ["dataset = load_fashions()"]
        case "file" | "download":
            program.use("recsys_core.data.reading", "read_file")
            # Data read by an early version do not know their layout: it is guessed again, as it was then.
            layout = [program.call(restore_layout(origin["layout"]), only_changed=True)] if "layout" in origin else []
            path = program.path("the data", origin["filename"])
            return [f"dataset, _ = read_file({_BREAK.join([path, *layout])})"]
        case "given split":
            return _given_split(origin["parts"], program, origin.get("in_one_file"))
        case "mended":
            program.use("recsys_core.data.cleaning", "clean")
            steps = ", ".join(program.call(step) for step in restore_steps(origin["steps"]))
            return [*_data(store, store.dataset(origin["source"]), program), f"dataset, _ = clean(dataset, [{steps}])"]
    raise InputError(
        "A program must know where its data come from. For this data set that is not known: load its file again."
    )


def _given_split(parts: Mapping[str, Mapping[str, Any]], program: _Program, in_one_file: bool | None) -> list[str]:
    """Return the lines that read a given split again: one file with a column, or a file of each part."""
    names = {part["filename"] for part in parts.values()}
    if in_one_file or (in_one_file is None and len(names) == 1):  # an early version did not note it
        program.use("recsys_core.data.reading", "read_bytes")
        program.use("recsys_core.data.reading.read_split", "read_split_column")
        return [f"dataset, *_ = read_split_column(*read_bytes({program.path('the data', names.pop())}))"]
    program.use("recsys_core.data.reading", "read_file")
    program.use("recsys_core.data.given_split", "combine_subsets")
    lines = ["parts = {}"]
    for name, part in parts.items():
        path, layout = program.path(f"the {name} data", part["filename"]), restore_layout(part["layout"])
        arguments = [path, program.call(layout, only_changed=True)]
        lines.append(f"parts[{name!r}], _ = read_file({_BREAK.join(arguments)})")
    return [*lines, "dataset, _ = combine_subsets(parts)"]


def _score(program: _Program, subset: str, k: int) -> list[str]:
    program.use("recsys_core.evaluation.evaluate", "evaluate")
    program.use("recsys_core.metrics", "METRICS")
    return [
        "",
        "",
        "def show(label, model, fingerprint, in_the_app):",
        "    print(label, fingerprint, 'as in the app' if fingerprint == in_the_app else f'in the app {in_the_app}')",
        f"    evaluation = evaluate(model, split, {subset!r})",
        "    for name, metric in METRICS.items():",
        "        if not metric.why_not(evaluation):",
        f"            print(metric.title({k}), evaluation.overall(name, {k}))",
        "",
    ]


def _training(store: RunStore, run: Run, program: _Program) -> list[str]:
    program.use("recsys_core.numerics", "NUMERICS_VERSION")
    program.use("recsys_core.store.run", "run_fingerprint")
    records = store.epochs(run.id)
    if not records:
        raise InputError(f"A run must have a model. #{run.id} has none: it {run.state} at once. Choose another run.")
    if run.recipe.keeps_best_epoch:
        program.use("recsys_core.evaluation.best_epoch", "best_model")
        model_of, data = "best_model", ", split"
    else:
        program.use("recsys_core.algorithms.epochs", "last_model")
        model_of, data = "last_model", ""
    lines, more = [f"recipe = {program.call(run.recipe)}"], ""
    epochs = f"recipe.epochs(split.train, seed={run.seed})"
    if run.branch:
        program.use("recsys_core.algorithms.epochs", "branched_epochs")
        program.use("recsys_core.store.run", "Branch")
        lines.insert(0, f"before = {program.call(run.branch.recipe)}")
        epochs = f"branched_epochs(before, {run.branch.epoch}, recipe, split.train, seed={run.seed})"
        more = f", branch=Branch({run.branch.parent}, {run.branch.epoch}, before)"
    until = "" if run.state == FINISHED else f", until={records[-1].number}"
    ended = f"  # {run.state} there" if until else ""
    return [
        *lines,
        f"model = {model_of}({epochs}{data}{until}){ended}",
        f"key = split.fingerprint, {run.algorithm!r}, recipe, {run.seed}, NUMERICS_VERSION",
        f"fingerprint = run_fingerprint(*key{more})",
    ]


def _show(run: Run) -> list[str]:
    return [f"show({run.label!r}, model, fingerprint, {run.fingerprint!r})"]


def _reranking(run: Run, parent: Run, program: _Program, subset: str) -> list[str]:
    """Return the lines that re-rank the lists of `parent`, whose model is trained above."""
    assert isinstance(run.recipe, Reranked)
    program.use("recsys_core.evaluation.list_context", "list_context")
    program.use("recsys_core.reranking.rerank", "find_candidates", "rerank")
    program.use("recsys_core.numerics", "NUMERICS_VERSION")
    program.use("recsys_core.store.run", "run_fingerprint")
    owned = f", owned_{run.recipe.owned}" if run.recipe.owned else ""
    return [
        f"recipe = {program.call(run.recipe)}",
        f"candidates = find_candidates(model_{parent.id}, dataset, split, {subset!r}, recipe{owned})",
        "context = list_context(dataset, split, popularity, recipe.attribute)",
        "model = rerank(candidates, dataset, split, recipe, context)",
        f"key = split.fingerprint, {run.algorithm!r}, recipe, {run.seed}, NUMERICS_VERSION",
        "fingerprint = run_fingerprint(*key)",
    ]


def _comment(environment: Mapping[str, str]) -> str:
    """What a run was trained on, as lines of the docstring, which nothing in it can end."""
    text = describe_environment(environment).replace("\\", "/").replace('"', "'")
    return textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="  ") + "\n"


def _docstring(runs: Sequence[Run], left_out: str, files: Sequence[str]) -> str:
    models = "a recommender" if len(runs) == 1 else f"{len(runs)} recommenders"
    text = f'"""Trains and scores {models} again.\n\n'
    text += "On the same kind of processor with the same libraries it prints the same digits.\n"
    environments = distinct_environments(run.environment for run in runs)
    if environments:
        text += f"The app trained on:\n{''.join(_comment(each) for each in environments)}"
    text += "Run it where recsys_core is installed, or beside its folder"
    paths = "paths, in this order," if len(files) > 1 else "path"
    text += f", with the {paths} of {', '.join(files)}.\n" if files else ".\n"
    if left_out:
        text += textwrap.fill(f"Left out: {left_out}", _WIDTH) + "\n"
    return text + '"""'
