"""What the numbers of a report rest on: settings, data, split, fingerprints, and the program that repeats the runs."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from recsys_core.comparison.sentences import learned_from, reveals_sentence
from recsys_core.comparison.split_sentences import missed_sentence, split_facts, split_headline, split_rows
from recsys_core.data.cleaning import restore_steps
from recsys_core.errors import InputError
from recsys_core.metrics import METRICS
from recsys_core.numerics import NUMERICS_VERSION, describe_environment, distinct_environments
from recsys_core.parameters import parameters
from recsys_core.report.collect import ReportData
from recsys_core.report.document import Block, Bullets, Code, Paragraph, Section, Table
from recsys_core.report.script import script
from recsys_core.store.run import Run
from recsys_core.store.store import RunStore

_MOST_WARNINGS = 20


def provenance(store: RunStore, data: ReportData) -> list[Section]:
    """Return the sections that stand behind the results."""
    return [
        Section("Settings", list(_settings(data))),
        Section("Data", list(_data(data))),
        Section("Train/test split", list(_split(data))),
        Section("Fingerprints", list(_fingerprints(data))),
        Section("Program", list(_program(store, data))),
    ]


def _settings(data: ReportData) -> Iterator[Block]:
    """What differs as a table, what does not as a sentence, and what people have written about the runs."""
    columns = [_settings_of(run) for run in data.runs]
    rows, common = [], []
    for label in dict.fromkeys(label for settings in columns for label in settings):
        cells = [settings.get(label, "–") for settings in columns]
        if len(set(cells)) > 1:
            rows.append([label, *cells])
        else:
            common.append(f"{label} {cells[0]}")
    if rows:
        yield Table(["", *(f"#{run.id}" for run in data.runs)], rows)
    if common:
        yield Paragraph(f"The same for all: {', '.join(common)}.", "note")
    described = [run for run in data.runs if run.notes or run.tags]
    yield Bullets([f"{run.label}: {' · '.join([*run.tags, run.notes])}" for run in described])
    cautions = {run.recipe.label: run.recipe.caution for run in data.runs if run.recipe.caution}
    yield Bullets([f"{label}: {caution}" for label, caution in cautions.items()])


def _settings_of(run: Run) -> dict[str, str]:
    known = parameters(run.recipe)
    values = {known[name].label: getattr(run.recipe, name) for name in known}
    settings = {label: value if isinstance(value, str) else f"{value:g}" for label, value in values.items()}
    branch = {"Continues": f"#{run.branch.parent} from epoch {run.branch.epoch}"} if run.branch else {}
    corrupted = {"Corrupted data": ", ".join(each.description for each in run.corruptions)} if run.corruptions else {}
    return {"Algorithm": run.recipe.label, **settings, "Seed": str(run.seed), **branch, **corrupted}


def _data(data: ReportData) -> Iterator[Block]:
    """What came in, what was left out, and what was done to it."""
    dataset, source, receipt = data.dataset, data.source, data.receipt
    if "reasons" in receipt:
        yield Paragraph(f"“{source.name}”: {receipt['count']}", "key")
        titles = [["Titles", receipt["titled"]]] if receipt["titled"] else []
        yield Table(["", "How the file was read"], [*receipt["understood"], *titles])
        yield from _left_out(receipt)
        yield Bullets(receipt["warnings"][:_MOST_WARNINGS])
    elif source.origin.get("kind") == "planted":
        settings = ", ".join(f"{name} {value}" for name, value in source.origin.items() if name != "kind")
        yield Paragraph("Synthetic people with planted tastes, so that the ground truth is known.", "key")
        yield Paragraph(f"Generated with {settings}.", "note")
    if source is not dataset:
        steps = restore_steps(dataset.origin["steps"])
        effects = receipt.get("mended", [""] * len(steps))
        yield Paragraph("Cleaning steps:")
        yield Bullets([f"{step.short_name}. {effect}" for step, effect in zip(steps, effects, strict=True)])
    yield Paragraph(f"“{dataset.name}” has {dataset.sentence()}.")


def _left_out(receipt: Mapping[str, Any]) -> Iterator[Block]:
    """Which rows of the file were left out and why, with examples, and which were merged."""
    reasons = receipt["reasons"]
    if reasons:
        counts = "; ".join(f"{group['count']:,} because {group['reason']}" for group in reasons)
        examples = [[line, group["reason"], content] for group in reasons for line, content in group["examples"]]
        yield Paragraph(f"Left out: {counts}. The first of each:")
        yield Table(["line", "reason", "content"], examples)
    else:
        yield Paragraph("No row was left out.")
    if receipt["merged"]:
        yield Paragraph(f"Merged: {receipt['merged']}")


def _split(data: ReportData) -> Iterator[Block]:
    split, noun = data.split, data.split.rating_noun
    yield Paragraph(split_headline(split), "key")
    rows = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row.values()] for row in split_rows(split)]
    yield Table(["subset", "requested", "actual", noun, "people", "items"], rows)
    facts = split_facts(data.dataset, split, data.comparison.subset)
    missed = missed_sentence(split)
    yield Bullets([*([missed] if missed else []), *(f"{title}: {fact}" for title, fact in facts.items())])
    yield Paragraph(f"Method: {split.recipe.sentence}.")
    if data.comparison.subset == "validation":
        figures = f"All figures of this report are for the validation {noun}, which serve to choose between models."
    else:
        figures = f"All figures of this report are for the test {noun}. {learned_from(split)}"
    yield Paragraph(f"{figures.strip()} {reveals_sentence(data.n_reveals)}")


def _fingerprints(data: ReportData) -> Iterator[Block]:
    """Everything by which somebody else can tell that they have the same."""
    yield Paragraph(
        "Runs with the same fingerprint give the same numbers: to the last digit on the same kind of processor with "
        "the same libraries, and nearly so elsewhere.",
        "key",
    )
    yield Table(["", "fingerprint or version"], list(_versions(data)))
    comparison, metrics = data.comparison, data.comparison.charted_metrics
    rows = [
        [run.label, run.fingerprint, *(repr(evaluation.overall(metric, comparison.k)) for metric in metrics)]
        for run, evaluation in zip(data.runs, comparison.evaluations, strict=True)
    ]
    yield Table(["", "fingerprint", *(METRICS[metric].title(comparison.k) for metric in metrics)], rows)
    yield Paragraph(f"Written on {time.strftime('%d %B %Y, %H:%M UTC', time.gmtime())}.", "note")


def _versions(data: ReportData) -> Iterator[list[str]]:
    yield ["Data", data.dataset.fingerprint]
    yield ["Split", data.split.fingerprint]
    versions = dict.fromkeys(run.numerics_version for run in data.runs)
    for version in versions:
        yield [f"Numerics of {_ids(data, 'numerics_version', version)}", version]
    if NUMERICS_VERSION not in versions:
        yield ["Numerics of this report", NUMERICS_VERSION]
    for environment in distinct_environments(run.environment for run in data.runs):
        yield [f"Trained on, {_ids(data, 'environment', environment)}", describe_environment(environment)]


def _ids(data: ReportData, attribute: str, value: object) -> str:
    return ", ".join(f"#{run.id}" for run in data.runs if getattr(run, attribute) == value)


def _program(store: RunStore, data: ReportData) -> Iterator[Block]:
    try:
        program = script(store, data.runs, subset=data.comparison.subset, k=data.comparison.k)
    except InputError as error:
        yield Paragraph(f"There is no program for these runs. {error}")
        return
    yield Paragraph(
        "It trains and scores these runs again. On the same kind of processor with the same libraries it prints the "
        "same digits; elsewhere the last digits may differ.",
        "key",
    )
    yield Code(program)
