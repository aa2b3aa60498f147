"""A parameter is stated once; every recipe's fields are walked along their bounds."""

import dataclasses
import json
import math
import re
from itertools import pairwise

import numpy as np
import pytest

from pages.shared.widgets.parameter_widgets import get_slider_stops
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe
from recsys_core.errors import InputError
from recsys_core.parameters import parameters

RECIPES = (*ALGORITHMS.values(), SplitRecipe, SyntheticRecipe)
FIELDS = [(recipe, name) for recipe in RECIPES for name in parameters(recipe)]
every_field = pytest.mark.parametrize(("recipe", "name"), FIELDS, ids=[f"{r.__name__}.{name}" for r, name in FIELDS])


def refusal(recipe, name, value) -> str:
    with pytest.raises(InputError) as raised:
        recipe(**{name: value})
    return str(raised.value)


def bound_and_value(sentence, recipe, name, rule) -> tuple[float, float]:
    """The two numbers of "The 'name' of label must be rule BOUND. Got VALUE."."""
    beginning = re.escape(f"The '{name}' of {recipe.label} must be {rule} ")
    numbers = re.fullmatch(beginning + r"(\S+)\. Got (\S+)\.", sentence).groups()
    return tuple(float(number.replace(",", "")) for number in numbers)


@every_field
def test_what_is_not_of_the_right_kind_is_refused(recipe, name):
    parameter = parameters(recipe)[name]
    if parameter.options:
        rule = "one of " + ", ".join(repr(option) for option in parameter.options)
        for value in ("no such option", "", None, 1, parameter.default.upper(), [parameter.default]):
            assert refusal(recipe, name, value) == f"The '{name}' of {recipe.label} must be {rule}. Got {value!r}."
    else:
        rule = "a whole number" if parameter.is_integer else "a number"
        wrong = ["3", None, True, math.nan, math.inf, -math.inf, [3], 1j]
        for value in [*wrong, 2.5, float(parameter.default)] if parameter.is_integer else wrong:
            assert refusal(recipe, name, value) == f"The '{name}' of {recipe.label} must be {rule}. Got {value!r}."


@every_field
def test_what_lies_outside_the_bounds_is_refused_and_the_bounds_themselves_are_not(recipe, name):
    parameter = parameters(recipe)[name]
    for option in parameter.options:
        assert getattr(recipe(**{name: option}), name) == option
    if parameter.options:
        return
    low, high = map(type(parameter.default), parameter.bounds)
    for value in (low, high):
        assert getattr(recipe(**{name: value}), name) == value
    for rule, bound, value in (("at least", low, low - 1), ("at most", high, 2 * high + 1)):
        shown = bound_and_value(refusal(recipe, name, value), recipe, name, rule)
        assert shown == pytest.approx((bound, value), rel=1e-5)


@every_field
def test_a_whole_number_may_stand_where_a_number_is_asked_for(recipe, name):
    parameter = parameters(recipe)[name]
    if not parameter.options and not parameter.is_integer:
        whole = math.ceil(parameter.bounds[0])
        assert getattr(recipe(**{name: whole}), name) == whole


@every_field
def test_the_default_is_legal_and_the_slider_stays_within_the_bounds(recipe, name):
    parameter = parameters(recipe)[name]
    assert parameter.label and parameter.help.endswith(".")
    if parameter.options:
        assert parameter.default in parameter.options
        return
    (low, high), (from_, to) = parameter.bounds, parameter.typical
    assert low <= from_ < to <= high
    assert from_ <= parameter.default <= to
    assert from_ > 0 or not parameter.log


@pytest.mark.parametrize("recipe", RECIPES)
def test_settings_survive_json_and_make_the_same_recipe(recipe):
    settings = recipe().settings()
    # Parameters that came later are mentioned only where they are not at their default.
    assert set(settings) == set(parameters(recipe)) - {
        "learn_from",
        "windows_back",
        "kept_model",
        "popularity_strength",
    }
    assert recipe(**json.loads(json.dumps(settings))) == recipe()


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_frozen_and_a_changed_copy_is_checked_again(recipe):
    made = recipe()
    name = next(iter(parameters(recipe)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, name, 3)
    with pytest.raises(InputError):
        dataclasses.replace(made, **{name: None})


def test_the_sentence_for_a_number_of_factors_of_0():
    assert refusal(ALGORITHMS["svd"], "n_factors", 0) == "The 'n_factors' of SVD must be at least 1. Got 0."


def test_a_refused_value_is_not_shown_as_the_bound_it_broke():
    lambdarank = ALGORITHMS["lambdarank"]
    bound, value = bound_and_value(refusal(lambdarank, "truncation", 1_000_001), lambdarank, "truncation", "at most")
    assert bound != value


def test_a_whole_number_past_the_range_of_floats_is_refused_like_any_other():
    refusal(ALGORITHMS["als"], "n_factors", 10**400)


@every_field
def test_the_slider_offers_the_default_among_rising_values_within_the_bounds(recipe, name):
    parameter = parameters(recipe)[name]
    if parameter.options:
        return
    stops = get_slider_stops(parameter)
    assert parameter.default in stops
    assert all(a < b for a, b in pairwise(stops))
    low, high = parameter.bounds
    assert low <= stops[0] and stops[-1] <= high
    assert 6 <= len(stops) <= 160, "neither a switch nor a slider whose stops are narrower than a pixel"
    for stop in stops:
        assert getattr(recipe(**{name: stop}), name) == stop
        assert isinstance(stop, int) or not parameter.is_integer


@every_field
def test_the_slider_reaches_both_ends_of_the_typical_range(recipe, name):
    parameter = parameters(recipe)[name]
    if parameter.options:
        return
    stops = get_slider_stops(parameter)
    assert (stops[0], stops[-1]) == pytest.approx(parameter.typical)


@every_field
def test_what_a_widget_says_is_short_and_what_its_help_says_is_a_sentence(recipe, name):
    parameter = parameters(recipe)[name]
    assert parameter.label == parameter.label.strip() and 0 < len(parameter.label) <= 40
    assert parameter.help == parameter.help.strip() and parameter.help[0].isupper()
    assert "  " not in parameter.help and "\n" not in parameter.help


@every_field
def test_settings_with_another_value_survive_json_too(recipe, name):
    parameter = parameters(recipe)[name]
    values = parameter.options or (*map(type(parameter.default), parameter.bounds), *get_slider_stops(parameter))
    for value in values:
        changed = recipe(**{name: value})
        assert recipe(**json.loads(json.dumps(changed.settings()))) == changed


def test_a_url_cannot_bring_what_the_mathematics_refuses():
    """A number typed into the address bar arrives as text."""
    for value in ("16", "16; drop table", "1e3"):
        assert repr(value) in refusal(ALGORITHMS["als"], "n_factors", value)


def test_numpy_numbers_are_numbers_and_reach_json():
    """A notebook's sweep is an `np.arange`."""
    made = ALGORITHMS["als"](n_factors=np.int64(8), regularization=np.float32(0.5))
    assert ALGORITHMS["als"](**json.loads(json.dumps(made.settings()))) == ALGORITHMS["als"](8, 0.5)
