"""Searches: what Optuna asks for is new, in range, better than luck, and the same whoever asks and whenever."""

import json
import sys
import time
from importlib.util import find_spec

import pytest

from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.runner.execute import process_run
from recsys_core.store.run import INTERRUPTED
from recsys_core.store.store import RunStore
from recsys_core.sweeps.plan import Sweep, plan_random, restore_sweep
from recsys_core.sweeps.progress import match_runs, stop_sweep
from recsys_core.sweeps.search import BATCH_SIZE, extend_sweep, plan_search, queue_sweep
from tests.pages.app import headline, texts

FIELDS, RANGES = ("n_factors", "regularization"), ((2, 64), (0.01, 1000.0))

pytestmark = pytest.mark.skipif(find_spec("optuna") is None, reason="Optuna is not installed: it is an extra")


@pytest.fixture(scope="module")
def data():
    return generate(SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=8.0))


@pytest.fixture
def store(tmp_path):
    return RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")


@pytest.fixture
def split(store, data):
    return store.split(store.add_dataset(data), SplitRecipe())


def grow_to_the_end(sweep, value_of):
    while True:
        larger = extend_sweep(sweep, {task: value_of(task.recipe) for task in sweep.tasks()})
        if larger == sweep:
            return sweep
        sweep = larger


def a_hill(recipe) -> float:
    """Highest at 20 factors and λ = 5; the λ counts by its logarithm."""
    from math import log

    return -(((recipe.n_factors - 20) / 30) ** 2) - (log(recipe.regularization / 5) / 3) ** 2


def start(store, split, count=10, seeds=(0,)) -> int:
    plan = plan_search("svd", ["n_factors", "regularization"], [(2, 20), (0, 50)], count)
    number = store.add_sweep(split.fingerprint, Sweep((plan,), seeds).description())
    queue_sweep(store, split, number)
    return number


def shown(store, split, number):
    (row,) = (row for row in store.sweeps(split.fingerprint) if row["id"] == number)
    return restore_sweep(row["description"])


def work(store, *, most=1000) -> None:
    for _ in range(most):
        run = store.queue.claim("test")
        if run is None:
            return
        process_run(store, run)


def test_a_search_grows_to_its_count_with_points_that_are_new_and_in_range():
    sweep = grow_to_the_end(Sweep((plan_search("implicit_als", FIELDS, RANGES, 22),)), a_hill)
    (plan,) = sweep.plans
    assert len(plan.points) == len(set(plan.points)) == 22 == sweep.n_runs
    assert all(2 <= k <= 64 and isinstance(k, int) and 0.01 <= penalty <= 1000 for k, penalty in plan.points)


def test_it_comes_nearer_to_the_top_of_a_hill_than_luck_does():
    """The height of the second half of 32 points, over four seeds each."""

    def later_half(plan):
        return sum(a_hill(recipe) for recipe in plan.recipes()[16:])

    for_luck = [later_half(plan_random("implicit_als", FIELDS, RANGES, 32, seed=seed)) for seed in range(4)]
    searches = [Sweep((plan_search("implicit_als", FIELDS, RANGES, 32, seed=seed),)) for seed in range(4)]
    found = [later_half(grow_to_the_end(sweep, a_hill).plans[0]) for sweep in searches]
    assert sum(found) > sum(for_luck) / 2  # both are below zero


def test_the_seed_decides_and_values_decide():
    first, same, other = (plan_search("implicit_als", FIELDS, RANGES, 20, seed=seed) for seed in (0, 0, 1))
    assert first == same and first.points != other.points
    up = grow_to_the_end(Sweep((first,)), a_hill)
    down = grow_to_the_end(Sweep((first,)), lambda recipe: -a_hill(recipe))
    assert up.plans[0].points[:BATCH_SIZE] == down.plans[0].points[:BATCH_SIZE] and up != down


def test_nothing_more_is_asked_before_all_that_was_asked_is_answered():
    sweep = Sweep((plan_search("implicit_als", FIELDS, RANGES, 20),), (0, 1))
    reached = {task: a_hill(task.recipe) for task in sweep.tasks()}
    last = reached.pop(sweep.tasks()[-1])
    assert extend_sweep(sweep, reached) == sweep
    assert len(extend_sweep(sweep, reached | {sweep.tasks()[-1]: last}).plans[0].points) == 2 * BATCH_SIZE


def test_a_setting_that_came_to_nothing_is_an_answer_too():
    sweep = grow_to_the_end(
        Sweep((plan_search("implicit_als", FIELDS, RANGES, 16),)),
        lambda recipe: None if recipe.regularization < 1 else a_hill(recipe),
    )
    assert len(sweep.plans[0].points) == 16


def test_a_choice_of_two_is_searched_in_two_runs_and_then_it_is_over():
    sweep = grow_to_the_end(Sweep((plan_search("implicit_als", ["penalty"], [(0, 0)], 20),)), lambda recipe: 1.0)
    assert sorted(sweep.plans[0].points) == [("plain",), ("weighted",)] and sweep.n_runs == 2


def test_a_search_survives_json():
    sweep = Sweep((plan_search("bpr", ["n_factors", "negatives"], [(4, 64), (0, 0)], 9, seed=3),), (0, 1))
    assert restore_sweep(json.loads(json.dumps(sweep.description()))) == sweep


# Over the store


def test_whoever_ends_a_run_asks_for_what_comes_next_until_all_are_done(store, split):
    number = start(store, split)
    work(store)
    sweep = shown(store, split, number)
    assert len(sweep.plans[0].points) == 10
    assert not match_runs(sweep, store.runs(), split.fingerprint).missing and len(store.runs()) == 10


def test_a_restart_in_the_middle_and_another_order_of_ends_change_nothing(store, split, tmp_path, data):
    number = start(store, split)
    work(store)
    other = RunStore(f"sqlite:///{tmp_path / 'other.sqlite'}")
    same_split = other.split(other.add_dataset(data), SplitRecipe())
    again = start(other, same_split)
    while batch := [run for run in iter(lambda: other.queue.claim("test"), None)]:
        for run in reversed(batch):
            process_run(RunStore(other.url), run)
    assert shown(other, same_split, again) == shown(store, split, number)


def test_stop_ends_the_asking_and_go_on_takes_it_up_again(store, split):
    number = start(store, split)
    work(store, most=1)
    running = store.queue.claim("test")
    stop_sweep(store, match_runs(shown(store, split, number), store.runs(), split.fingerprint).live)
    process_run(store, running)
    assert store.queue.claim("test") is None and len(shown(store, split, number).plans[0].points) == BATCH_SIZE
    queue_sweep(store, split, number)
    work(store)
    assert len(shown(store, split, number).plans[0].points) == 10
    assert INTERRUPTED not in {run.state for run in store.runs()}


def test_what_an_earlier_search_has_trained_answers_at_once(store, split):
    start(store, split)
    work(store)
    count = len(store.runs())
    again = start(store, split)
    assert len(shown(store, split, again).plans[0].points) == 10
    assert len(store.runs()) == count and store.queue.claim("test") is None


def test_what_is_asked_later_keeps_to_the_minutes_of_its_sweep(store, split, monkeypatch):
    plan = plan_search("svd", ["n_factors"], [(2, 20)], 8)
    number = store.add_sweep(split.fingerprint, Sweep((plan,)).description())
    queue_sweep(store, split, number, deadline=time.time() + 1000)
    claimed = [store.queue.claim("test") for _ in range(BATCH_SIZE)]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 2000)
    for run in claimed:
        process_run(store, run)
    assert store.queue.claim("test") is None
    assert [run.state for run in store.runs()[:BATCH_SIZE]] == [INTERRUPTED] * BATCH_SIZE


# An extra


def test_without_optuna_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match="pip install 'optuna"):
        plan_search("svd", ["n_factors"], [(2, 20)], 4)


# On the page


def test_a_search_streams_in_on_the_page_and_says_when_it_is_over(open_app, still_store):
    app = open_app("what_if")
    app.session_state["sweep_how"] = "search"
    app.run()
    app.number_input(key="sweep_count").set_value(6).run()
    assert "6 runs; about" in texts(app.main.caption) and app.toggle(key="predict_first").disabled
    app.button(key="start_sweep").click().run()
    work(still_store, most=2)
    app.run()
    assert "is the best of 2 settings" in headline(app) and "2 of 6 runs done" in texts(app.main.caption)
    work(still_store)
    app.run()
    assert "is the best of 6 settings" in headline(app) and "6 of 6 runs done" in texts(app.main.caption)
    assert "resume_sweep" not in [button.key for button in app.main.button]


def test_where_optuna_is_missing_the_option_says_so_and_nothing_can_be_started(open_app, still_store, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    app = open_app("what_if")
    app.session_state["sweep_how"] = "search"
    app.run()
    assert "pip install 'optuna" in texts(app.info)
    assert "start_sweep" not in [button.key for button in app.main.button]
