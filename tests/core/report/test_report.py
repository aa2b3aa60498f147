"""The report says what the store knows, keeps the test sealed, loads nothing and takes text as text."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import get_args

import plotly.graph_objects as go
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.imported import Imported
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.plain_words import PlainWords, wording_of
from recsys_core.comparison.sentences import headline
from recsys_core.comparison.verdicts import BETTER, MARKS, SAME, UNCLEAR, Verdict
from recsys_core.data.cleaning import KCore, clean
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.evaluation.significant_digits import format_interval, format_mean
from recsys_core.figures.offline import plotly_js
from recsys_core.report.document import Block, Bullets, Code, Paragraph, Picture, Section, Table, render
from recsys_core.report.page import report
from recsys_core.report.script import script
from recsys_core.runner.execute import execute
from recsys_core.store.run import all_but_seed
from recsys_core.store.store import RunStore
from tests.core.report.ended_runs import executed

PLANTED = SyntheticRecipe(n_users=90, n_items=60, n_tastes=4, picks=20.0)
NAUGHTY = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\" onmouseover='alert(1)' x=\"",
    "<!--<script>",
    "]]>&lt;b&gt; ${alert(1)} `x` %{x} \\u003c",
    "\u202ethgir ot tfel",
    "\x00\x1b[31m\ud800 ☃ 🏳️‍🌈",
    "![x](http://127.0.0.1:9/x)",
)


class Read(HTMLParser):
    """What a browser makes of a page: its tags with their attributes, the scripts and the text."""

    def __init__(self, page: str):
        super().__init__()
        self.tags, self.scripts, self.words, self._inside = [], [], [], ""
        self.feed(page)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.words.append(data)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return RunStore(f"sqlite:///{tmp_path_factory.mktemp('report') / 'runs.sqlite'}")


@pytest.fixture(scope="module")
def runs(store):
    dataset = generate(PLANTED)
    return [
        executed(store, dataset, "svd", n_factors=6),
        executed(store, dataset, "ease"),
        executed(store, dataset, "bpr", n_factors=6, n_epochs=5),
    ]


@pytest.fixture(scope="module")
def page(store, runs):
    return report(store, runs)


@pytest.fixture(scope="module")
def read(page):
    return Read(page)


def figures(read: Read) -> list[dict]:
    kinds = [attributes.get("type") for tag, attributes in read.tags if tag == "script"]
    return [json.loads(text) for kind, text in zip(kinds, read.scripts, strict=True) if kind == "application/json"]


# What it says


def test_it_leads_with_the_verdict_and_its_numbers_are_those_of_the_store(store, runs, read):
    scored = [store.evaluation(run.id, "validation") for run in runs]
    labels, short_labels = [run.label for run in runs], [run.short_label for run in runs]
    comparison = Comparison(labels, scored, short_labels=short_labels, recipes=[all_but_seed(run) for run in runs])
    verdicts, said = comparison.verdicts, comparison.headline
    assert 0 < read.text.index(said) < 300
    assert comparison.against_baseline in read.text
    dataset, split = store.dataset(runs[0].data_fingerprint), store.split_of(runs[0])
    words = PlainWords.of(comparison, wording_of(dataset, split))
    assert read.text.index(said) < read.text.index(words.text) < read.text.index("Which is better")
    for place, evaluation in enumerate(scored):
        for metric in ("ndcg", "map"):
            assert repr(evaluation.mean(metric, 10)) in read.text
        for metric in ("ndcg", "map", "recall", "mrr"):
            assert format_interval(comparison.intervals(metric)[place]) in read.text
        assert all(f"#{run.id}" in read.text and run.fingerprint in read.text for run in runs)
    cell = verdicts[2, 0]
    assert f"{MARKS[cell.word]} {format_mean(cell.difference, sign=True)}" in read.text
    drawn = figures(read)[0]["data"]
    assert [dot["x"][0] for dot in drawn] == pytest.approx([verdicts[place, 0].difference.mean for place in (1, 2)])


def test_it_holds_all_that_the_verdict_rests_on(store, runs, read):
    for title in (
        "Which is better, and is it real?",
        "For whom?",
        "Settings",
        "Learning curves",
        "What tastes it found",
        "Data",
        "Train/test split",
        "Fingerprints",
        "Program",
    ):
        assert f" {title} " in read.text
    split = store.split_of(runs[0])
    assert runs[0].data_fingerprint in read.text and split.fingerprint in read.text
    assert f"{split.train.n_interactions:,}" in read.text and "No interaction appears in two parts;" in read.text
    program = script(store, runs)
    assert " ".join(program.split()) in read.text
    curves = next(figure for figure in figures(read) if "by seconds" in figure["layout"]["title"]["text"])
    assert [len(trace["x"]) for trace in curves["data"]] == [len(store.epochs(run.id)) for run in runs]


def test_what_differs_is_a_table_and_what_does_not_is_a_sentence(store, runs):
    twin = executed(store, generate(PLANTED), "svd", n_factors=9)
    read = Read(report(store, [runs[0], twin]))
    assert "The same for all: Algorithm SVD, Regularisation λ 10, Centre on none, Seed 1." in read.text
    assert f"#{runs[0].id} #{twin.id} Factors k 6 9" in read.text


def test_one_run_alone_is_reported_too(store, runs):
    read = Read(report(store, runs[1:2]))
    assert f"{runs[1].label} has NDCG@10" in read.text and "baseline" not in read.text and "For whom" not in read.text
    assert "What tastes it found" not in read.text, "EASE has no factors"


def test_the_test_is_reported_only_where_it_was_revealed_and_the_looks_are_counted(store):
    runs = [executed(store, generate(replace(PLANTED, seed=8)), key) for key in ("svd", "ease")]
    split = runs[0].split_fingerprint
    sealed = Read(report(store, runs)).text
    assert "on validation" in sealed and "The test is sealed. The test of this split has never" in sealed
    with pytest.raises(InputError, match="sealed"):
        report(store, runs, subset="test")
    store.reveal_test(split)
    store.reveal_test(split)
    opened = Read(report(store, runs, subset="test", metric="recall", k=5)).text
    assert "All figures are for the test interactions. Each model was trained on the training" in opened
    assert "The test of this split has been revealed 2 times." in opened
    assert repr(store.evaluation(runs[0].id, "test").mean("ndcg", 5)) in opened
    assert re.search("is best: Recall@5|has the highest Recall@5", opened)
    assert "The test is sealed" in Read(report(store, runs)).text, "the validation can still be reported"


def test_the_receipt_of_a_file_and_its_mending_are_told(store):
    dataset = generate(PLANTED)
    receipt = {
        "understood": [["Kind", "text"]],
        "sentences": [],
        "titled": "",
        "count": "21 rows read: 19 kept, 1 left out, 1 merged.",
        "reasons": [{"reason": "the rating is no number", "count": 1, "examples": [[3, "'four'"]]}],
        "merged": "1 duplicate row: keep the latest.",
        "warnings": ["All ratings are alike."],
    }
    store.add_dataset(dataset, receipt)
    mended, effects = clean(dataset, [KCore(n=8)])
    store.add_dataset(mended, {**receipt, "mended": [effect.sentence() for effect in effects]})
    run = executed_again(store, mended)
    text = Read(report(store, [run])).text
    for said in (receipt["count"], "1 because the rating is no number", "'four'", receipt["merged"], "All ratings are"):
        assert said in text
    assert f"8-core. {effects[0].sentence()}" in text


def executed_again(store, dataset: Dataset):
    """A run on what the store has already, with its receipt."""
    run_id = store.queue.add_run(
        store.split(dataset.fingerprint, SplitRecipe()), "svd", ALGORITHMS["svd"](n_factors=4), 0
    )
    execute(store, store.queue.claim("test"))
    return store.run(run_id)


def test_what_people_have_written_about_a_run_is_told(store, runs):
    described = [replace(runs[0], notes="for the board", tags=("monday", "draft")), *runs[1:]]
    assert f"{runs[0].label}: monday · draft · for the board" in Read(report(store, described)).text


def test_a_model_that_was_not_trained_here_comes_with_its_caution_before_any_number(store, runs):
    foreign = replace(runs[2], algorithm="imported", recipe=Imported(n_factors=6))
    text = Read(report(store, [runs[0], foreign])).text
    caution = f"{foreign.label}: {foreign.recipe.caution}"
    assert "it may have seen" in caution and text.index(caution) < text.index("Which is better, and is it real?")
    assert f"#{foreign.id} came in a file" in text and "There is no program" not in text
    alone = Read(report(store, [foreign])).text
    assert "There is no program for these runs. A program must know how a model was trained." in alone


def test_runs_of_several_splits_are_refused(store, runs):
    other = executed(store, generate(replace(PLANTED, seed=9)), "svd", n_factors=2)
    with pytest.raises(InputError, match="of one split"):
        report(store, [*runs, other])


# What it is


def test_its_policy_allows_its_two_scripts_and_no_request(page, read):
    policy = next(attributes["content"] for tag, attributes in read.tags if "http-equiv" in attributes)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    kinds = [attributes.get("type") for tag, attributes in read.tags if tag == "script"]
    code = [text for kind, text in zip(kinds, read.scripts, strict=True) if kind is None]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in code]
    assert rules["script-src"].split() == [f"'sha256-{each}'" for each in hashes]
    assert code[0] == plotly_js() and page.count(plotly_js()) == 1
    assert not [name for _, attributes in read.tags for name in attributes if name in ("src", "href", "srcset")]
    assert len(page.encode()) < 6_000_000


def test_no_figure_needs_webgl(read):
    kinds = {trace["type"] for figure in figures(read) for trace in figure["data"]}
    assert kinds <= {"scatter", "bar"}


def test_text_from_outside_is_only_text(store):
    """Titles, names, genres, the name of the data, a file, a run, notes, tags: each with every naughty string."""
    clean, naughty = generate(PLANTED), "".join(NAUGHTY).replace("\ud800", "")  # which no database takes in a name
    words = [f"{NAUGHTY[place % len(NAUGHTY)]} {place}" for place in range(100)]
    soiled = replace(
        clean,
        name=naughty,
        user_ids=tuple(words[: len(clean.user_ids)]),
        titles=tuple(words[: len(clean.titles)]),
        genres=tuple((words[place % 5],) for place in range(len(clean.titles))),
        ground_truth=replace(clean.ground_truth, taste_names=tuple(words[:4])),
        origin={"kind": "file", "filename": naughty},
    )
    receipt = {
        "understood": [[naughty, naughty]],
        "titled": naughty,
        "count": naughty,
        "reasons": [{"reason": naughty, "count": 1, "examples": [[1, naughty]]}],
        "merged": naughty,
        "warnings": [naughty],
    }

    def reported(dataset, receipt, **words):
        run = executed(store, dataset, "svd", n_factors=4)
        other = executed(store, dataset, "als", n_factors=4, n_epochs=2)
        store.add_dataset(dataset, receipt)
        return report(store, [replace(each, **words) for each in (run, other)])

    page = reported(soiled, receipt, name=naughty, notes=naughty, tags=(naughty,))
    harmless = {name: _harmless(value) for name, value in receipt.items()}
    twin = reported(
        replace(clean, name="x", user_ids=tuple(f"u{u}" for u in range(90)), origin={"kind": "file", "filename": "x"}),
        harmless,
        name="x",
        notes="x",
        tags=("x",),
    )
    assert page.encode().decode() == page, "a lone half of a sign would not let it be saved"
    soiled_tags, clean_tags = ([(tag, sorted(a)) for tag, a in Read(each).tags] for each in (page, twin))
    assert soiled_tags == clean_tags, "the same tags and attributes as without any of it"
    read = Read(page)
    assert "</script><script>alert(1)</script>" in read.text and "<!--<script>" in read.text
    for figure in figures(read):
        for text in _texts(figure):
            assert not re.search(r"<(?!br>|extra>|/extra>)", text), text


@pytest.mark.parametrize("naughty", NAUGHTY)
def test_every_block_of_a_document_takes_text_as_text(naughty):
    def tags_and_figures(text: str) -> tuple[list, list[dict]]:
        blocks = {
            Paragraph: Paragraph(text, "key"),
            Table: Table([text], [[text, text], [text, text]]),
            Bullets: Bullets([text]),
            Picture: Picture(go.Figure(layout_title_text=text.replace("\ud800", "")), text),
            Code: Code(text),
        }
        assert set(blocks) == set(get_args(Block)), "a new kind of block is tried here too"
        summary = list(blocks.values())
        page = render(text, text, summary, [Section(text, summary)], about=text)
        assert page.encode().decode() == page
        read = Read(page)
        return [(tag, sorted(attributes)) for tag, attributes in read.tags], figures(read)

    tags, drawn = tags_and_figures(naughty)
    assert tags == tags_and_figures("x")[0]
    assert [figure["layout"]["title"]["text"] for figure in drawn] == [naughty.replace("\ud800", "")] * 2


def _harmless(value):
    """A receipt of the same form, in which every text is an x."""
    if isinstance(value, str):
        return "x"
    if isinstance(value, list):
        return [_harmless(each) for each in value]
    return {name: _harmless(each) for name, each in value.items()} if isinstance(value, dict) else value


def _texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


# Sentences and seeds


def test_a_lead_is_real_only_where_the_verdict_says_so():
    means = [Interval(0.30, 0.28, 0.32), Interval(0.35, 0.33, 0.37)]
    for word, p, has, said in (
        (BETTER, 0.001, "is best: MAP@5 0.350", "more than chance"),
        (UNCLEAR, 0.3, "has the highest MAP@5, 0.350", "no clear difference"),
        (UNCLEAR, 0.001, "has the highest MAP@5, 0.350", "more than chance, but perhaps too small to matter"),
        (SAME, 0.001, "has the highest MAP@5, 0.350", "practically the same"),
    ):
        verdict = Verdict(Interval(0.05, 0.03, 0.07), p, word, None, 0.006)
        text = headline(["#1 A", "#2 B"], "MAP@5", "test", means, {(1, 0): verdict}, [False, False])
        lead = " on the test, 0.050 (0.030 to 0.070) ahead of #1 A; "
        assert text == f"#2 B {has}{lead}{said}."
    foreign = headline(["#1 A", "#2 B"], "MAP@5", "test", means, {(1, 0): verdict}, [False, True])
    assert "best" not in foreign and foreign.endswith("so this is no lead.")
