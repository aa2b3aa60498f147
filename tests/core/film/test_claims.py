"""What a film claims is there: parting and memorising by simulation, and nothing where there is nothing."""

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.film.memorising import draw_pairs, plateau_start, share_in_order, share_put_right, still_improves
from recsys_core.film.parting import large_groups, nearest_own, parted_at, parting_p_values
from recsys_core.film.sentence import define, describe, find
from recsys_core.percent import percent
from tests.core.film.filmed import filmed


def clouds(rng, labels, distance, k=8):
    """Items around one centre for each label, `distance` apart from the others by their spread."""
    centres = rng.normal(size=(labels.max() + 1, k))
    centres *= distance / np.linalg.norm(centres, axis=1, keepdims=True)
    return (centres[labels] + rng.normal(size=(len(labels), k)) / np.sqrt(k)).astype(np.float32)


def slow_shares(factors, groups, n_groups):
    """Item by item, in the words of the definition."""
    centred = factors.astype(float) - factors.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    hits = [[] for _ in range(n_groups)]
    for i, own in enumerate(groups):
        directions = [unit[[j for j in np.flatnonzero(groups == g) if j != i]].sum(axis=0) for g in range(n_groups)]
        cosines = [unit[i] @ d / np.linalg.norm(d) for d in directions]
        hits[own].append(int(np.argmax(cosines)) == own)
    return [np.mean(each) for each in hits]


def test_the_nearest_group_is_found_as_by_hand_and_items_without_one_change_nothing():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, 70)
    factors = clouds(rng, labels, 0.8)
    np.testing.assert_allclose(nearest_own(factors, labels, 4), slow_shares(factors, labels, 4))
    more = np.concatenate([factors, rng.normal(size=(9, 8)).astype(np.float32)])
    unnamed = np.concatenate([labels, np.full(9, -1)])
    np.testing.assert_array_equal(nearest_own(more, unnamed, 4), nearest_own(factors, labels, 4))
    assert not nearest_own(np.zeros((70, 8), np.float32), labels, 4)[1:].any()


@pytest.mark.parametrize("clustered", [False, True])
def test_groups_that_have_nothing_to_do_with_the_factors_part_in_at_most_five_of_a_hundred_trainings(clustered):
    false_alarms, beyond_chance = 0, 0
    for trial in range(100):
        rng = np.random.default_rng(trial)
        labels = rng.permutation(np.repeat([0, 1, 2], [10, 12, 40]))  # few and small: half of one is soon reached
        frames = np.stack([rng.normal(size=(62, 5)).astype(np.float32) for _ in range(3)])
        frames[1:] = frames[0] + 0.2 * frames[1:]  # a training moves slowly
        if clustered:
            frames += clouds(rng, np.arange(62) % 4, 4, k=5)
        shares = np.stack([nearest_own(frame, labels, 3) for frame in frames])
        p_values = parting_p_values(frames[-1], labels, 3, seed=trial)
        beyond_chance += p_values.min() <= 0.05
        false_alarms += any(frame is not None for frame in parted_at(shares, p_values))
    assert false_alarms <= beyond_chance <= 11  # 5 expected; 99% of all samples lie below


def test_groups_that_part_at_a_known_frame_are_found_there():
    labels = np.repeat(np.arange(4), 25)
    frames = [clouds(np.random.default_rng(5), labels, distance) for distance in (0, 0, 0, 4, 4, 4)]
    shares = np.stack([nearest_own(frame, labels, 4) for frame in frames])
    assert parted_at(shares, parting_p_values(frames[-1], labels, 4)) == [3, 3, 3, 3]


def test_what_comes_together_again_has_not_parted():
    shares = np.array([[0.9, 0.1], [0.9, 0.6], [0.4, 0.7], [0.8, 0.7]])
    assert parted_at(shares, np.array([0.01, 0.01])) == [3, 1]
    assert parted_at(shares, np.array([0.01, 0.5])) == [3, None]
    assert parted_at(shares[:3], np.array([0.01, 0.01])) == [None, 1]


def test_small_groups_say_nothing():
    names, group_of = large_groups(("a", "b", "c"), np.repeat([0, 1, 2, -1], [12, 9, 10, 3]))
    assert names == ("a", "c")
    assert np.bincount(group_of + 1).tolist() == [12, 12, 10]
    assert large_groups(("a", "b"), np.repeat([0, 1], [12, 9]))[0] == ()


def learning(rng, means, n_users=600, noise=0.05):
    """NDCG of users whose means over the frames are `means`: users differ much, one user's frames little."""
    own = rng.normal(0, 0.25, n_users)
    return np.asarray(means)[:, None] + own + rng.normal(0, noise, (len(means), n_users))


RISE = np.linspace(0.1, 0.3, 6)


@pytest.mark.parametrize(
    "means",
    [
        np.linspace(0.2, 0.3, 16),
        np.concatenate([np.full(14, 0.3), np.full(2, 0.3 * 1.0205)]),  # just beyond the margin, at the very end
        np.concatenate([np.full(6, 0.3), np.full(4, 0.3 * 1.0205), np.full(6, 0.3 * 1.021)]),
    ],
)
def test_what_still_rises_is_said_not_to_in_at_most_five_of_a_hundred_trainings(means):
    rises_after = int(np.flatnonzero(means < means.max() / 1.0204).max())
    starts = [plateau_start(learning(np.random.default_rng(t), means)) for t in range(100)]
    assert sum(start is not None and start < rises_after for start in starts) <= 11


def test_a_plateau_is_found_where_it_begins_and_not_by_few_people():
    flat = np.concatenate([RISE, np.full(10, 0.3)])
    starts = [plateau_start(learning(np.random.default_rng(t), flat, noise=0.03)) for t in range(20)]
    assert set(starts) <= {5, 6} and starts.count(5) >= 15
    falling = np.concatenate([RISE, np.linspace(0.3, 0.2, 10)])
    assert plateau_start(learning(np.random.default_rng(0), falling)) == 5
    assert plateau_start(learning(np.random.default_rng(0), flat, n_users=9)) is None
    assert plateau_start(learning(np.random.default_rng(0), flat, n_users=12, noise=0.2)) is None
    assert plateau_start(np.repeat(learning(np.random.default_rng(0), [0.3]), 6, axis=0)) == 0


def test_that_lists_still_got_better_at_the_end_is_said_where_they_did():
    rising = np.linspace(0.2, 0.3, 16)
    assert all(still_improves(learning(np.random.default_rng(t), rising)) for t in range(10))
    flat = np.concatenate([RISE, np.full(10, 0.3)])
    assert sum(still_improves(learning(np.random.default_rng(t), flat)) for t in range(100)) <= 8  # 2.5 expected


def test_training_pairs_are_what_they_say_and_are_put_in_order():
    dataset = generate(SyntheticRecipe(n_users=30, n_items=20, n_tastes=2, picks=5))
    train, users, items = dataset.interactions, np.arange(0, 30, 2), np.arange(3, 20)
    pairs = draw_pairs(train, users, items)
    chosen = np.zeros((30, 20), bool)
    chosen[train.users, train.items] = True
    assert chosen[users[:, None], items[pairs.chosen]][pairs.valid].all()
    assert not chosen[users[:, None], items[pairs.other]][pairs.valid].any()
    assert pairs.valid.mean() > 0.5
    perfect = share_in_order(chosen[users].astype(float), np.eye(20)[items], np.zeros(17), pairs)
    known = pairs.valid.any(axis=1)
    assert (perfect[known] == 1).all() and np.isnan(perfect[~known]).all()
    nothing = share_in_order(np.zeros((15, 2)), np.zeros((17, 2)), np.zeros(17), pairs)
    assert (nothing[known] == 0.5).all()


def test_pairs_put_right_are_a_share_of_those_that_were_wrong_and_beyond_chance():
    rng = np.random.default_rng(0)
    better = np.stack([np.full(50, 0.8), np.full(50, 0.9)]) + rng.normal(0, 0.01, (2, 50))
    assert share_put_right(better, 0) == pytest.approx(0.5, abs=0.05)
    assert share_put_right(better[::-1], 0) == 0
    assert share_put_right(better[:, :9], 0) == 0
    chance = [share_put_right(np.random.default_rng(t).normal(0.8, 0.1, (2, 50)), 0) > 0 for t in range(100)]
    assert sum(chance) <= 8  # 2.5 expected


@pytest.mark.parametrize(("regularization", "memorises"), [(0.01, True), (1.5, False), (100.0, False)])
def test_too_little_penalty_memorises_and_a_good_one_and_too_much_do_not(regularization, memorises):
    dataset = generate(SyntheticRecipe())
    split = make_split(dataset, SplitRecipe())
    recipe = ALGORITHMS["bpr"](n_factors=32, n_epochs=30, regularization=regularization)
    _, film = filmed(recipe, dataset, split)
    findings = find(film, predicts_ratings=False)
    assert findings.memorises == memorises
    assert ("only memorises" in describe(film, findings, kind="taste")) == memorises
    assert all(epoch is not None for epoch in findings.parted) == (regularization < 100)
    assert "eight tastes" in describe(film, findings, kind="taste") and "Parted" in define(film, findings, kind="taste")
    nearly_all = np.linspace(0.998, 1, 8, dtype=np.float32)
    parted = replace(film, nearest_own=np.tile(nearly_all, (len(film.numbers), 1)))
    assert "(at the end more than 99% do in the taste that has parted least, 100% in the one that has parted most)" in (
        define(parted, findings, kind="taste")
    )
    plainly = describe(film, findings, kind="taste", in_plain_words=True)
    assert "epoch" not in plainly
    if findings.plateau is not None:
        assert f"From {percent(findings.plateau / film.numbers[-1])} of the training on" in plainly
    assert find(film, predicts_ratings=True).plateau is None
