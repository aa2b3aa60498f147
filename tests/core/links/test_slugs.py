"""Slugs of links: what was written is read again, and what nobody could have written is refused."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.links.data_slug import DataSlug, read_data_slug, write_data_slug
from recsys_core.links.run_slug import RunSlug, find_run, read_run_slug, run_slug
from recsys_core.links.slug import LONGEST_SLUG, read_recipe, write_recipe
from recsys_core.parameters import parameters
from recsys_core.store.run import FINISHED, STOPPED, Branch, Run, run_fingerprint

RECIPES = (*ALGORITHMS.values(), SplitRecipe, SyntheticRecipe)
PLAIN = re.compile(r"[A-Za-z0-9_.~ +-]*")  # what addresses carry as it is, and the blanks of some options


def values(parameter):
    """Every value that may stand in a field."""
    if parameter.options:
        return st.sampled_from(parameter.options)
    low, high = parameter.bounds
    if parameter.is_integer:
        return st.integers(int(low), int(high))
    return st.floats(low, high, allow_nan=False, allow_infinity=False)


def recipes(cls):
    return st.builds(cls, **{name: values(parameter) for name, parameter in parameters(cls).items()})


def run_of(algorithm="bpr", *, version="1", state=FINISHED, branch=None, number=1, seed=0, **changes) -> Run:
    return Run(number, "d", SplitRecipe(), "s", algorithm, ALGORITHMS[algorithm](**changes), seed, version, state, "",
               False, 0.0, None, None, branch=branch)  # fmt: skip


@pytest.mark.parametrize("cls", RECIPES, ids=lambda cls: cls.__name__)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_recipe_can_be_written_and_read(cls, data):
    recipe = data.draw(recipes(cls))
    word = write_recipe(recipe)
    assert read_recipe(cls, word) == recipe
    assert PLAIN.fullmatch(word)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_run_can_be_written_and_read(algorithm, data):
    recipe = data.draw(recipes(ALGORITHMS[algorithm]))
    branch = None
    if recipe.adjustable and data.draw(st.booleans()):
        others = {name: data.draw(values(parameters(recipe)[name])) for name in recipe.adjustable}
        branch = Branch(7, data.draw(st.integers(1, 100_000)), replace(recipe, **others))
    seed = data.draw(st.integers(0, 2**31 - 1))
    run = replace(run_of(algorithm), recipe=recipe, branch=branch, seed=seed)
    word = run_slug(run)
    again = read_run_slug(word.text)
    assert again == word and again.fingerprint == run.fingerprint[:8]
    assert PLAIN.fullmatch(word.text)
    if branch:
        assert (again.before, again.epoch) == (branch.recipe, branch.epoch)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_run_has_a_slug_too_long_to_be_read(algorithm):
    def length(name: str) -> int:
        parameter = parameters(recipe)[name]
        texts = parameter.options or [int(parameter.bounds[1]) if parameter.is_integer else -2.2250738585072014e-308]
        return len(f".{name}-") + max(len(str(text)) for text in texts)

    recipe = ALGORITHMS[algorithm]()
    rest = len(f"{algorithm}.at-100000.seed-{2**31}~12345678")
    assert rest + sum(map(length, (*parameters(recipe), *recipe.adjustable))) <= LONGEST_SLUG


@given(recipe=recipes(SyntheticRecipe))
@settings(max_examples=25, deadline=None)
def test_generated_data_are_written_as_what_makes_them_again(recipe):
    made = replace(generate(SyntheticRecipe(n_users=9, n_items=8)), origin={"kind": "planted", **recipe.settings()})
    word = read_data_slug(write_data_slug(made))
    assert word.recipe == recipe and word.fingerprint == made.fingerprint


@given(name=st.text(min_size=1, max_size=100))
@settings(max_examples=100, deadline=None)
def test_data_of_a_file_are_written_by_name_shape_and_fingerprint(name):
    data = replace(load_example_5x5(), name=name, origin={"kind": "file"})
    assert read_data_slug(write_data_slug(data)) == DataSlug(name[:60], (5, 5, 14), data.fingerprint)


def test_slugs_are_short_and_can_be_read_by_people():
    assert run_slug(run_of("implicit_als", n_factors=33, seed=1)).text.startswith("implicit_als.n_factors-33.seed-1~")
    assert write_recipe(SplitRecipe(test=0.3, seed=4)) == "test-0.3.seed-4"
    assert write_recipe(SplitRecipe()) == ""
    assert write_data_slug(generate(SyntheticRecipe(n_users=70, seed=3))).startswith("planted.n_users-70.seed-3~")
    assert write_data_slug(load_example_5x5()).startswith("textbook~")
    before = ALGORITHMS["bpr"](regularization=0.5)
    branched = run_of("bpr", regularization=5, branch=Branch(1, 3, before))
    assert run_slug(branched).text.startswith("bpr.regularization-0.5.at-3.regularization-5~")
    assert run_slug(branched).parent == RunSlug("bpr", before)


def test_the_slug_of_generated_data_says_how_and_whether_that_is_quick():
    word = read_data_slug("planted.n_users-9.n_items-8")
    assert word.make().interactions.n_users == 9 and word.is_quick
    assert read_data_slug("textbook").make().fingerprint == load_example_5x5().fingerprint
    assert not read_data_slug("planted.n_users-200000.n_items-50000").is_quick
    assert read_data_slug("textbook~5x5x14~0123456789abcdef").make is None, "a file may be called so"


def test_a_bare_name_or_fingerprint_is_a_slug_too():
    assert read_data_slug("my ~ file.csv") == DataSlug("my ~ file.csv")
    assert read_data_slug("0123456789abcdef") == DataSlug("", (), "0123456789abcdef")


def test_a_stopped_run_is_that_of_fewer_epochs():
    stopped = run_of("bpr", state=STOPPED, n_epochs=50)
    shorter = run_of("bpr", n_epochs=7)
    assert run_slug(stopped, 7) == run_slug(shorter)
    assert run_slug(stopped, 7).fingerprint == shorter.fingerprint[:8]
    assert run_slug(stopped, 7) != run_slug(run_of("bpr", n_epochs=50))


def test_the_run_of_the_same_code_is_preferred_and_one_of_other_code_still_found():
    old, new = run_of(version="1", number=1), run_of(version="2", number=2)
    runs = [(run_slug(run), run) for run in (new, old)]
    assert find_run(run_slug(old), runs) is old
    assert find_run(run_slug(run_of(version="3")), runs) is new
    assert find_run(read_run_slug("bpr"), runs) is new
    assert find_run(read_run_slug("bpr.seed-1"), runs) is None


def test_what_is_no_algorithm_is_found_by_its_fingerprint_only():
    runs = [(RunSlug("imported", None, fingerprint=digits * 8), digits) for digits in "ab"]
    assert find_run(read_run_slug("imported~bbbbbbbb"), runs) == "b"
    assert find_run(read_run_slug("imported~cccccccc"), runs) is None
    assert read_run_slug("imported~bbbbbbbb").text == "imported~bbbbbbbb"
    assert len({slug for slug, _ in runs}) == 2
    assert len({read_run_slug("bpr~aaaaaaaa"), read_run_slug("bpr~bbbbbbbb")}) == 1, "one recipe trains both"


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("", "must begin with an algorithm"),
        ("magic", "must begin with an algorithm"),
        ("<script>alert(1)</script>", "must begin with an algorithm"),
        ("bpr.n_factors-1000000", "'n_factors' of BPR must be at most 1024. Got 1000000."),
        ("bpr.n_factors-" + "9" * 200, "must be at most 1024"),
        ("bpr.n_factors-x", "must be a whole number. Got 'x'."),
        ("bpr.n_factors--3", "must be at least 1. Got -3."),
        ("bpr.regularization-nan", "must be a number"),
        ("bpr.seed--1", "'seed' of a run must be at least 0. Got -1."),
        ("bpr.seed-1.n_factors-3", "must be one of n_factors"),
        ("bpr.n_factors-3.n_factors-4", "each once"),
        ("bpr.magic-1", "must be one of n_factors"),
        ("svd.at-3.n_factors-2", "train it anew"),
        ("bpr.at-0.regularization-1", "'at' of a branch must be at least 1"),
        ("bpr.at-1.n_factors-1", "More differs"),
        ("bpr" * 4000, "must have at most 500 characters. Got 12,000"),
    ],
)
def test_a_run_that_there_cannot_be_is_refused_in_a_short_sentence(word, says):
    with pytest.raises(InputError) as refusal:
        read_run_slug(word)
    assert says in str(refusal.value) and len(str(refusal.value)) < 400


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("", "must have a name or a fingerprint"),
        ("~0123456789abcdef", "must have a name or a fingerprint"),
        ("planted.n_users-1", "must be at least 2. Got 1."),
        ("planted.seed--1", "must be at least 0. Got -1."),
        ("planted.magic-1", "must be one of n_users"),
        ("x" * 10_000, "must have at most 500 characters. Got 10,000"),
    ],
)
def test_data_that_there_cannot_be_are_refused(word, says):
    with pytest.raises(InputError) as refusal:
        read_data_slug(word)
    assert says in str(refusal.value) and len(str(refusal.value)) < 400


def test_the_fingerprint_of_a_slug_is_that_of_the_run():
    run = run_of("bpr", n_factors=3, seed=2)
    by_hand = run_fingerprint("s", "bpr", ALGORITHMS["bpr"](n_factors=3), 2, "1")
    assert read_run_slug(run_slug(run).text).fingerprint == by_hand[:8]
