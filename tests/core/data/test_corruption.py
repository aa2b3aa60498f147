"""Corrupting data: what is corrupted, what stays, and that the same questions are asked."""

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.corruption import (
    CORRUPTIONS,
    AddBots,
    CorruptedSplit,
    DropShare,
    KeepEarliest,
    RemoveMostPopular,
    ShuffleUser,
    corrupt_split,
    promoted_item,
    restore_corruption,
)
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.percent import percent
from recsys_core.runner.execute import execute
from recsys_core.store.run import FINISHED
from recsys_core.store.store import RunStore

PLANTED = generate(SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=8.0, feedback="explicit"))
DATA = replace(PLANTED, times=np.random.default_rng(0).permutation(PLANTED.interactions.n_interactions).astype(float))
WHOLE = make_split(DATA)
each_break = pytest.mark.parametrize("key", CORRUPTIONS)


def pairs(data) -> set[tuple[int, int]]:
    return set(zip(data.users.tolist(), data.items.tolist(), strict=True))


@each_break
def test_the_data_itself_is_left_as_it_is_and_the_same_seed_breaks_the_same_way(key):
    before = DATA.fingerprint
    first, second = (CORRUPTIONS[key]().apply(replace(DATA)) for _ in range(2))
    assert replace(DATA).fingerprint == before != first.fingerprint == second.fingerprint
    assert len(first.times) == first.interactions.n_interactions


@each_break
def test_the_same_ratings_of_the_same_people_are_asked_for_and_the_same_items_left_out(key):
    split = corrupt_split(DATA, WHOLE, (CORRUPTIONS[key](),))
    m = WHOLE.train.n_users
    for part in ("validation", "test"):
        for ours, theirs in zip(split.seen_and_held_out(part), WHOLE.seen_and_held_out(part), strict=True):
            assert pairs(ours) == pairs(theirs) and ours.n_users == split.train.n_users >= m
    assert split.fingerprint != WHOLE.fingerprint
    model = list(ALGORITHMS["implicit_als"](n_factors=4, n_epochs=2).epochs(split.train))[-1].model
    before = list(ALGORITHMS["implicit_als"](n_factors=4, n_epochs=2).epochs(WHOLE.train))[-1].model
    np.testing.assert_array_equal(
        evaluate(model, split, "validation").users, evaluate(before, WHOLE, "validation").users
    )


@each_break
def test_undo_leads_back_to_the_same_fingerprint(key):
    one = corrupt_split(DATA, WHOLE, (DropShare(),))
    two = corrupt_split(DATA, WHOLE, (DropShare(), CORRUPTIONS[key]()))
    assert two.fingerprint != one.fingerprint == corrupt_split(DATA, WHOLE, two.corruptions[:-1]).fingerprint
    assert corrupt_split(DATA, WHOLE, ()) is WHOLE


@each_break
def test_settings_are_the_way_there_and_back(key):
    assert restore_corruption(CORRUPTIONS[key]().settings()) == CORRUPTIONS[key]()


def test_held_out_ratings_never_come_into_training():
    for corruptions in ((DropShare(),), (RemoveMostPopular(),), (KeepEarliest(),)):
        assert pairs(corrupt_split(DATA, WHOLE, corruptions).train) < pairs(WHOLE.train)


@pytest.mark.parametrize("seed", range(3))
@each_break
def test_no_corruption_makes_up_what_is_held_out(key, seed):
    settings = {"seed": seed} if "seed" in CORRUPTIONS[key]().settings() else {}
    assert corrupt_split(DATA, WHOLE, [CORRUPTIONS[key](**settings)]).n_overlaps() == 0


def test_a_share_is_dropped():
    left = DropShare(share=0.25).apply(DATA).interactions.n_interactions / DATA.interactions.n_interactions
    assert left == pytest.approx(0.75, abs=0.06)
    assert DropShare(share=0).apply(DATA).fingerprint == DATA.fingerprint


def test_promoting_bots_push_one_item_and_hide_behind_popular_ones():
    data, count = DATA.interactions, 30
    after = AddBots(share=0.5, kind="promoting").apply(DATA)
    bots = after.interactions.select(after.interactions.users >= data.n_users)
    assert after.interactions.n_users == data.n_users + count and after.user_ids[-1] == "bot 30"
    assert pairs(after.interactions.select(after.interactions.users < data.n_users)) == pairs(data)
    counts = bots.users_per_item
    assert counts[promoted_item(data)] == count
    assert np.corrcoef(counts, data.users_per_item)[0, 1] > 0.3
    assert set(np.diff(bots.indptr)[data.n_users :]) == {int(np.median(data.items_per_user))}
    assert set(bots.values) == {data.values.max()}


def test_random_bots_push_nothing():
    data = DATA.interactions
    after = AddBots(share=2.0, kind="random").apply(DATA).interactions
    counts = after.users_per_item - data.users_per_item
    assert counts.min() > 0 and counts.max() < 0.6 * 120


def test_the_most_popular_item_is_gone_and_nothing_else():
    data, after = DATA.interactions, RemoveMostPopular().apply(DATA).interactions
    gone = pairs(data) - pairs(after)
    assert {item for _, item in gone} == {int(np.argmax(data.users_per_item))}
    assert len(gone) == data.users_per_item.max()


def test_one_person_is_shuffled_and_keeps_how_much_they_rated():
    data, after = DATA.interactions, ShuffleUser().apply(DATA).interactions
    np.testing.assert_array_equal(after.items_per_user, data.items_per_user)
    changed = {user for user, _ in pairs(data) ^ pairs(after)}
    assert changed == {int(np.argmax(data.items_per_user))}
    assert all(np.all(np.diff(after.items[after.of(user)]) > 0) for user in range(data.n_users))


def test_an_earlier_cut_keeps_the_past():
    after = KeepEarliest(share=0.3).apply(DATA)
    assert after.times.max() <= np.quantile(DATA.times, 0.3)
    assert after.interactions.n_interactions == pytest.approx(0.3 * DATA.interactions.n_interactions, abs=1)
    with pytest.raises(InputError, match="must have times"):
        KeepEarliest().apply(PLANTED)


def test_what_has_the_same_time_stays_together_and_the_share_that_is_kept_is_told():
    count = DATA.interactions.n_interactions
    kept = KeepEarliest(share=0.5).apply(replace(DATA, times=np.repeat([1.0, 2.0], [count - 40, 40])))
    assert kept.interactions.n_interactions == count - 40
    for n_after, said in (
        (count - 40, f"the earliest part of the training data kept ({percent(1 - 40 / count)}, not 50%, since many"),
        (count - 1, "the earliest part of the training data kept (more than 99%, not 50%, since many"),
        (KeepEarliest(share=0.5).apply(DATA).interactions.n_interactions, "the earliest 50% of the training data kept"),
    ):
        assert said in KeepEarliest(share=0.5).describe(count, n_after)
    assert "same time" not in KeepEarliest(share=0.5).describe(7, 4)


@pytest.mark.parametrize("unit", [0.1, -1.0, 20.0])
def test_bots_give_no_more_than_the_highest_value_in_the_data(unit):
    data = replace(DATA.interactions, values=(DATA.interactions.values * unit).astype(np.float32))
    after = AddBots().apply(replace(DATA, interactions=data)).interactions
    assert set(after.values[data.n_interactions :]) == {data.values.max()}


def test_nothing_left_is_refused():
    tiny = make_split(DATA, SplitRecipe())
    with pytest.raises(InputError, match="must leave something to train on"):
        corrupt_split(DATA, tiny, tuple(DropShare(share=0.99, seed=seed) for seed in range(6)))


def test_a_worker_trains_on_the_broken_ratings_that_the_page_sees(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    whole = store.split(store.add_dataset(DATA), SplitRecipe())
    split = corrupt_split(DATA, whole, (AddBots(), DropShare(share=0.3)))
    assert isinstance(split, CorruptedSplit)
    recipe = ALGORITHMS["implicit_als"](n_factors=4, n_epochs=2)
    number = store.queue.add_run(split, "implicit_als", recipe, 0)
    execute(store, RunStore(store.url).queue.claim("elsewhere"))
    run = store.run(number)
    assert (run.state, run.corruptions, run.split_fingerprint) == (FINISHED, split.corruptions, split.fingerprint)
    assert store.runs(whole.fingerprint) == []  # it is no model of the data as it is
    direct = list(recipe.epochs(split.train, seed=0))[-1].model
    np.testing.assert_array_equal(store.model(number).item_factors, direct.item_factors)
    np.testing.assert_array_equal(
        store.evaluation(number, "validation").per_user("ndcg", 10),
        evaluate(direct, split, "validation").per_user("ndcg", 10),
    )
