"""Relevance: a threshold on the data tells likes from dislikes, for learners of choices and ranking metrics."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.als import ALS
from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.algorithms.item_knn import ItemKNN
from recsys_core.algorithms.reference_models import Popularity
from recsys_core.comparison.relevance_sentences import counts_as_right, disliked_hits
from recsys_core.data.cleaning import Binarise, KCore, RelevantFrom, SwapSides, ZeroIsUnrated, clean
from recsys_core.data.corruption import AddBots, DropShare, ShuffleUser, corrupt_split
from recsys_core.data.dataset import Dataset
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.interactions import Interactions
from recsys_core.data.reading import read_file
from recsys_core.data.relevance import (
    describe_relevance,
    dislikes_below,
    suggest_threshold,
    threshold_choices,
)
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.blending import EnsembleFitter
from recsys_core.evaluation.evaluate import Evaluation, evaluate
from recsys_core.evaluation.truncation_sweep import sweep_truncations
from recsys_core.links.data_slug import read_data_slug, write_data_slug
from recsys_core.metrics import RANKING_METRICS, ranking
from recsys_core.per_user.ranked_list import select_user
from recsys_core.per_user.score_terms import rating_terms
from recsys_core.runner.execute import score_on_validation
from recsys_core.store.npz_codec import pack_dataset, pack_model, unpack_dataset, unpack_model
from tests.real_data import FOLDER

CHOICES = ("implicit_als", "bpr", "lambdarank", "ease", "item_knn", "svd")
JESTER = FOLDER / "jester5k" / "ratings.tsv"


def rated(seed: int = 0, threshold: float | None = None) -> Dataset:
    """80 people, 40 items, 1 to 5 stars, of which those from 4 on are relevant where the threshold is 4."""
    dataset = generate(SyntheticRecipe(n_users=80, n_items=40, n_tastes=4, picks=15, feedback="explicit", seed=seed))
    return dataset if threshold is None else clean(dataset, [RelevantFrom(threshold)])[0]


def around_zero() -> Dataset:
    dataset = rated()
    values = dataset.interactions.values - 3
    return replace(dataset, interactions=replace(dataset.interactions, values=values), origin={})


def last_model(recipe, train, seed: int = 0):
    *_, last = recipe.epochs(train, seed=seed)
    return last.model


# Interactions


def test_relevant_is_what_reaches_the_threshold_and_never_what_is_below_zero():
    data = around_zero().interactions
    assert data.is_relevant.tolist() == [value >= 0 for value in data.values]
    assert replace(data, relevance_threshold=2).is_relevant.tolist() == [value >= 2 for value in data.values]
    assert data.relevant.n_interactions == sum(value >= 0 for value in data.values)
    everything = rated().interactions
    assert everything.relevant is everything, "no copy, and no bit changes, where all are relevant"


def test_the_threshold_stays_with_what_is_made_of_the_interactions():
    data = rated(threshold=4).interactions
    kept = [
        data.select(data.values > 1),
        data.transposed,
        data.relevant,
        data.select(data.values > 3).joined(data.select(data.values <= 3)),
        select_user(data, 3),
        *(make_split(rated(threshold=4)).seen_and_held_out("test")),
    ]
    assert {each.relevance_threshold for each in kept} == {4}
    with pytest.raises(InputError, match="same relevance threshold"):
        data.joined(replace(data, relevance_threshold=None))


@pytest.mark.parametrize("bad", [-1, np.nan, np.inf])
def test_a_threshold_below_zero_or_of_no_number_is_refused(bad):
    with pytest.raises(InputError, match="must lie in 0 to 1e"):
        replace(rated().interactions, relevance_threshold=bad)


# The data set


def test_only_a_threshold_changes_the_fingerprint():
    plain = rated()
    prints = [clean(plain, [RelevantFrom(each)])[0].fingerprint for each in (3, 4)]
    assert len({plain.fingerprint, *prints}) == 3
    splits = [make_split(data).fingerprint for data in (plain, rated(threshold=4))]
    assert splits[0] != splits[1]


def test_a_stored_data_set_keeps_its_threshold():
    for dataset in (rated(), rated(threshold=4)):
        back = unpack_dataset(pack_dataset(dataset))
        assert back.relevance_threshold == dataset.relevance_threshold and back.fingerprint == dataset.fingerprint


@pytest.mark.parametrize("step", [KCore(3), SwapSides(), ZeroIsUnrated()])
def test_other_steps_leave_the_threshold_and_likes_alone_end_it(step):
    assert clean(rated(threshold=4), [step])[0].relevance_threshold == 4
    assert clean(rated(threshold=4), [Binarise(3)])[0].relevance_threshold is None


def test_a_threshold_that_nothing_reaches_is_refused():
    with pytest.raises(InputError, match=r"At least one rating must be relevant\. None of"):
        clean(rated(), [RelevantFrom(6)])


def test_damage_leaves_the_threshold_alone():
    dataset = rated(threshold=4)
    split = make_split(dataset)
    for damage in (DropShare(0.3), AddBots(), ShuffleUser()):
        damaged = corrupt_split(dataset, split, (damage,))
        assert damaged.train.relevance_threshold == damaged.seen_and_held_out("test")[1].relevance_threshold == 4
        evaluate(last_model(Popularity(), damaged.train), damaged)


def on_scale(*values, feedback="explicit") -> Dataset:
    users, items = np.indices((len(values), 1)).reshape(2, -1)
    data = Interactions.from_triples(users, items, values, len(values), 1)
    return Dataset("", data, tuple(map(str, range(len(values)))), ("a",), feedback, ("a",))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3, 4, 5], 4),
        ([0.5, 1, 1.5, 4.5, 5], 4),
        (range(1, 11), 7),
        (range(101), 70),
        ([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4], 3),
        ([1, 2, 3], 3),
        ([1, 2, 3, 4, 5, 6, 7], 5),
        ([-1, 0, 1], 1),
        ([-9.5, -0.5, 0.25, 8], None),
        ([0, 1], 1),
        ([-3, -2], None),
        ([3, 3], None),
    ],
)
def test_the_suggested_threshold_lies_where_people_begin_to_like(values, expected):
    found = suggest_threshold(on_scale(*values))
    assert (found and found.threshold) == expected
    assert found is None or found.reason


def test_counts_have_no_threshold_and_dislikes_lie_below_the_rule_in_force():
    assert suggest_threshold(on_scale(1, 2, 30, feedback="implicit")) is None
    assert threshold_choices(on_scale(1, 2, 30, feedback="implicit")) == []
    assert dislikes_below(on_scale(1, 2, 30, feedback="implicit")) is None
    assert dislikes_below(rated()) == 4, "the suggested one, where everything counts"
    assert dislikes_below(rated(threshold=3)) == 3
    assert dislikes_below(around_zero()) == 0
    assert describe_relevance(rated()) == "every rating, even the lowest (1)"
    assert describe_relevance(rated(threshold=4)) == "ratings of at least 4"
    assert describe_relevance(around_zero()) == "ratings of at least 0"
    assert describe_relevance(clean(around_zero(), [RelevantFrom(1)])[0]) == "ratings above 0"
    assert threshold_choices(rated()) == [2, 3, 4, 5]
    assert threshold_choices(around_zero()) == [1, 2]


# The link


@pytest.mark.parametrize("source", [rated(), load_example_5x5()])
def test_a_link_carries_the_threshold_so_that_another_server_makes_the_same_data(source):
    dataset = clean(source, [RelevantFrom(4)])[0]
    word = read_data_slug(write_data_slug(dataset, source))
    assert word.make().fingerprint == word.fingerprint == dataset.fingerprint
    assert word.source == read_data_slug(write_data_slug(source)) and word.is_quick


def test_of_a_file_the_link_names_the_file_and_the_threshold():
    source = replace(rated(), name="r~relevant-3~x.csv", origin={"kind": "file"})
    dataset = clean(source, [RelevantFrom(3.5)])[0]
    text = write_data_slug(dataset, source)
    assert text.endswith(f"~relevant-3.5~{dataset.fingerprint}")
    word = read_data_slug(text)
    assert word.make is None and word.source.fingerprint == source.fingerprint
    assert word.make_from(source).fingerprint == dataset.fingerprint
    longer = clean(source, [KCore(2), RelevantFrom(3.5)])[0]
    assert read_data_slug(write_data_slug(longer, source)).source is None, (
        "of more steps the link tells the fingerprint only"
    )


@pytest.mark.parametrize("text", ["planted~relevant--2~0123456789abcdef", "planted~relevant-x~0123456789abcdef"])
def test_a_threshold_that_cannot_be_is_refused_in_a_link(text):
    with pytest.raises(InputError, match="'threshold' of the relevance threshold must be"):
        read_data_slug(text)


# Learning


def hated_by_all() -> Interactions:
    """40 people love items 0 to 4 and all but person 0 hate item 10; nobody has met item 11. (implicit#385)"""
    rng = np.random.default_rng(0)
    triples = []
    for user in range(40):
        triples += [(user, item, 9.0) for item in range(5) if rng.random() < 0.9]
        triples += [(user, 10, -9.0)] if user else []
        triples.append((user, 5 + user % 5, 3.0))
    return Interactions.from_triples(*np.array(triples, int).T[:2], np.array(triples)[:, 2], 40, 12)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", CHOICES)
def test_what_all_hate_scores_no_higher_than_what_nobody_knows(name, seed):
    train = hated_by_all()
    scores = last_model(ALGORITHMS[name].defaults_for(train), train, seed).scores(np.array([0]))[0]
    assert scores[10] <= scores[11] + 1e-6
    if name in ("bpr", "lambdarank"):
        assert scores[10] < scores[11] - 0.005, "learners from pairs compare likes with dislikes and push these down"


@pytest.mark.parametrize("name", ["implicit_als", "ease", "item_knn", "svd"])
def test_without_a_loss_on_pairs_a_dislike_is_as_if_it_were_not_there(name):
    train = rated(threshold=4).interactions
    recipe = ALGORITHMS[name]()
    ours, theirs = (last_model(recipe, each).scores(np.arange(80)) for each in (train, train.select(train.values >= 4)))
    np.testing.assert_array_equal(ours, theirs)


def test_what_is_suited_to_the_data_and_popularity_look_at_likes_only():
    train = rated(threshold=4).interactions
    for name in ("implicit_als", "bpr", "lambdarank"):
        assert ALGORITHMS[name].defaults_for(train) == ALGORITHMS[name].defaults_for(train.relevant)
    likes = [int(np.sum((train.items == item) & (train.values >= 4))) for item in range(train.n_items)]
    assert last_model(Popularity(), train).item_bias.tolist() == likes


@pytest.mark.parametrize("name", CHOICES)
def test_a_person_with_dislikes_is_folded_in_from_what_they_like(name):
    train = rated(threshold=4).interactions
    recipe = ALGORITHMS[name]()
    model = last_model(recipe, train)
    person = select_user(train, int(np.argmax(train.items_per_user)))
    worse = replace(person, values=np.where(person.is_relevant, person.values, 1).astype(np.float32))
    items = np.arange(train.n_items)
    ours, theirs = (recipe.fold_in(model, train, each).scores(np.array([0])) for each in (person, worse))
    np.testing.assert_array_equal(ours, theirs)
    if name not in ("bpr", "lambdarank"):
        parts = rating_terms(recipe, recipe.fold_in(model, train, person), train, person, items)
        assert parts.shape == (person.n_interactions, len(items)) and not parts[~person.is_relevant].any()
        np.testing.assert_allclose(parts.sum(axis=0), ours[0], atol=1e-3)


def test_a_stored_model_of_items_scores_as_before():
    model = last_model(ItemKNN(), rated(threshold=4).interactions)
    back = unpack_model(pack_model(model))
    np.testing.assert_array_equal(back.scores(np.arange(80)), model.scores(np.arange(80)))


# Scoring


def test_only_likes_are_right_and_dislikes_stay_among_the_candidates():
    """By a loop over people: every unseen item is ranked, and a hit is a held-out item that is liked."""
    split = make_split(rated(threshold=4))
    model = last_model(ImplicitALS(n_factors=6), split.train)
    found = evaluate(model, split)
    seen, held_out = (part.matrix.toarray() for part in split.seen_and_held_out("test"))
    scores, expected = model.scores(np.arange(80)), {}
    for user in range(80):
        order = [item for item in np.argsort(-scores[user], kind="stable") if seen[user, item] == 0]
        likes = {item for item in range(40) if held_out[user, item] >= 4}
        if likes:
            expected[user] = len(likes & set(order[:10])) / len(likes)
    assert found.users.tolist() == list(expected) and found.n_left_out == 80 - len(expected) > 0
    np.testing.assert_allclose(found.per_user("recall", 10), list(expected.values()))


def test_metrics_agree_with_pytrec_eval_on_binary_judgements():
    pytrec_eval = pytest.importorskip("pytrec_eval")
    split = make_split(rated(threshold=4))
    model = last_model(ImplicitALS(n_factors=6), split.train)
    found, scores = evaluate(model, split), model.scores(np.arange(80))
    seen, held_out = (part.matrix.toarray() for part in split.seen_and_held_out("test"))
    qrels = {str(u): {str(i): int(held_out[u, i] >= 4) for i in np.flatnonzero(held_out[u])} for u in found.users}
    run = {str(u): {str(i): float(scores[u, i]) for i in np.flatnonzero(seen[u] == 0)} for u in found.users}
    theirs = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.5", "map_cut.5", "P.5", "recall.5", "recip_rank"})
    theirs = theirs.evaluate(run)
    ours = {
        "ndcg_cut_5": found.per_user("ndcg", 5),
        "map_cut_5": found.per_user("map_over_relevant", 5),
        "P_5": found.per_user("precision", 5),
        "recall_5": found.per_user("recall", 5),
        "recip_rank": found.per_user("mrr", 40),
    }
    for name, values in ours.items():
        np.testing.assert_allclose(values, [theirs[str(user)][name] for user in found.users], atol=1e-9)


def test_errors_of_ratings_count_all_held_out_ratings():
    plain, strict = (make_split(rated(threshold=threshold)) for threshold in (None, 4))
    ours, theirs = (evaluate(last_model(ALS(n_factors=3), split.train), split) for split in (strict, plain))
    assert ours.rmse == theirs.rmse and ours.mae == theirs.mae
    of_plain = dict(zip(theirs.users, theirs.per_user("rmse", 10), strict=True))
    assert len(ours.users) < len(theirs.users)
    np.testing.assert_allclose(ours.per_user("rmse", 10), [of_plain[user] for user in ours.users])


def disliked_by_loop(found: Evaluation, split, model, k: int, below: float) -> tuple[int, int]:
    scores, n_hits, n_disliked = model.scores(np.arange(split.train.n_users)), 0, 0
    seen, known = (part.binary.toarray() > 0 for part in split.seen_and_held_out("test"))
    held_out = split.test.matrix.toarray()
    for user in range(split.train.n_users):
        scores[user, seen[user]] = -np.inf
        for item in np.argsort(-scores[user], kind="stable")[:k]:
            n_hits += known[user, item]
            n_disliked += known[user, item] and held_out[user, item] < below
    return int(n_hits), int(n_disliked)


@pytest.mark.parametrize(("dataset", "below"), [(rated(), 4), (rated(threshold=4), 4), (rated(threshold=4), 2)])
def test_disliked_hits_are_those_of_a_loop(dataset, below):
    split = make_split(dataset)
    model = last_model(ImplicitALS(n_factors=6), split.train)
    found = evaluate(model, split)
    counted = found.held_out.disliked_hits(5, below)
    assert (counted.n_hits, counted.n_disliked) == disliked_by_loop(found, split, model, 5, below)
    assert counted.share == counted.n_disliked / counted.n_hits > 0
    assert counted.share_held_out == pytest.approx(np.mean(split.test.values < below))


@pytest.mark.skipif(not JESTER.exists(), reason=f"needs Jester in {JESTER.parent}; set RECSYS_DATA")
def test_on_jester_the_share_of_hated_jokes_among_the_hits_is_told():
    """Case 41b. Before, EASE reached 0.967 with 38% of its hits hated, as many as by chance (40%)."""
    dataset, _ = read_file(JESTER)
    split = make_split(dataset)
    model = last_model(ALGORITHMS["ease"](), split.train)
    found = evaluate(model, split)
    counted = found.held_out.disliked_hits(3, dislikes_below(dataset))
    hits, disliked = disliked_by_loop(found, split, model, 3, 0)  # who likes nothing has equal scores, in any order
    assert counted.n_hits == pytest.approx(hits, abs=20) and counted.n_disliked == pytest.approx(disliked, abs=20)
    assert counted.share_held_out == pytest.approx(0.40, abs=0.01)
    assert 0.2 < counted.share < 0.25 and found.mean("ndcg", 10) == pytest.approx(0.79, abs=0.01)


def test_an_evaluation_comes_back_from_the_store_and_an_older_one_knows_its_held_out_ratings():
    for dataset in (rated(), rated(threshold=4)):
        split = make_split(dataset)
        found = evaluate(last_model(ALS(n_factors=3), split.train), split)
        arrays = found.to_arrays()
        assert ("held_out_ranks" in arrays) == (dataset.relevance_threshold is not None)
        back = Evaluation.from_arrays(arrays)
        assert back.rmse == found.rmse and back.mean("ndcg", 10) == found.mean("ndcg", 10)
        assert back.held_out.disliked_hits(10, 4) == found.held_out.disliked_hits(10, 4)


def test_where_no_held_out_rating_is_relevant_nothing_is_scored_and_the_sentence_says_why():
    dataset = rated()
    values = np.where(dataset.interactions.users == 0, 5, 1).astype(np.float32)
    dataset = replace(dataset, interactions=replace(dataset.interactions, values=values, relevance_threshold=4))
    split = make_split(dataset, SplitRecipe(method="leave one out"))
    is_first = split.validation.users == 0
    split = replace(split, validation=split.validation.select(~is_first), test=split.test.select(split.test.users > 0))
    model = last_model(Popularity(), split.train)
    assert score_on_validation(model, split) == (None, None) and split.open_subset == "test"
    with pytest.raises(InputError, match=r"at least one held-out rating that is relevant\. Of 79 none is"):
        evaluate(model, split)


def test_predicted_ratings_are_scored_on_a_scale_that_lies_below_zero():
    made = generate(SyntheticRecipe(n_users=40, n_items=30, picks=10, seed=1, feedback="explicit"))
    data = made.interactions
    below = Interactions(data.indptr, data.items, data.values - np.float32(100), data.n_items)
    errors = []
    for dataset in (made, replace(made, interactions=below)):
        split = make_split(dataset)
        evaluation = evaluate(last_model(ALGORITHMS["biases"](), split.train), split)
        errors.append(evaluation.rmse)
    assert errors[1] == pytest.approx(errors[0], rel=1e-4)
    assert len(evaluation.users) == 0 and len(evaluation.per_user("ndcg", 10)) == 0


def test_the_scale_of_k_and_blends_look_for_likes():
    split = make_split(rated(threshold=4))
    honest, leaky = (sweep_truncations(split, "test", leak=leak) for leak in (False, True))
    assert honest.n_held_out == leaky.n_leaked == split.test.relevant.n_interactions and honest.n_leaked == 0
    assert leaky.ndcg[-1] > honest.ndcg.max(), "the leaked likes are learned by heart"
    assert 0 <= honest.explained[0] < honest.explained[-1] <= 1 + 1e-6
    models = [last_model(ALGORITHMS[name](), split.train) for name in ("svd", "implicit_als")]
    best = EnsembleFitter(models, split, for_lists=True).best()
    assert best.ndcg == pytest.approx(evaluate(best.model, split, "validation").mean("ndcg", 10))
    by_ratings = [last_model(ALS(n_factors=k), split.train) for k in (2, 5)]
    blend = EnsembleFitter(by_ratings, split, for_lists=False)
    assert len(blend.users) == np.count_nonzero(split.validation.items_per_user)
    assert blend.best().evaluation.rmse <= min(each.rmse for each in blend.singles) + 1e-6
    assert np.isfinite(blend.judged_on_others()) and np.isfinite(
        EnsembleFitter(models, split, for_lists=True).judged_on_others()
    )


# Metrics that there cannot be


@pytest.mark.parametrize(
    ("values", "missing"),
    [([1, 2, 5], set()), ([0, 50], set()), ([10, 60], {"ndcg_graded"}), ([-2, 3], {"ndcg_graded", "ndcg_linear"})],
)
def test_a_metric_says_why_these_ratings_have_none(values, missing):
    ranked = ranking.RankedRelevance(
        np.array([0, len(values)]), np.arange(1, len(values) + 1), np.array(values, np.float32), np.array([9])
    )
    refused = {name: metric.why_not(SimpleNamespace(relevant=ranked)) for name, metric in RANKING_METRICS.items()}
    assert {name for name, why in refused.items() if why} == missing
    for name, why in refused.items():
        if why:
            with pytest.raises(InputError) as refusal:
                RANKING_METRICS[name].function(ranked, 5)
            assert str(refusal.value) == why and "use binary NDCG" in why
        else:
            assert np.isfinite(RANKING_METRICS[name].function(ranked, 5)).all()


# What is said


def test_the_sentence_on_dislikes_tells_their_share_and_is_silent_where_they_are_few():
    dataset = rated()
    split = make_split(dataset)
    found = [evaluate(last_model(ALGORITHMS[name](), split.train), split) for name in ("svd", "ease")]
    shares = [each.held_out.disliked_hits(10, 4).share for each in found]
    said = disliked_hits(["#1 SVD", "#2 EASE"], found, 10, dataset)
    assert f"{100 * shares[0]:.0f}% for #1 SVD, {100 * shares[1]:.0f}% for #2 EASE" in said
    assert "rated below 4, which still counts as relevant," in said
    assert "still counts" not in disliked_hits(["#1 SVD"], found[:1], 10, rated(threshold=4))
    lenient = clean(dataset, [RelevantFrom(1)])[0]
    assert disliked_hits(["#1 SVD"], found[:1], 10, lenient) == "", "nothing is below 1"
    assert disliked_hits(["#1"], found[:1], 10, generate(SyntheticRecipe(n_users=20, n_items=20))) == ""
    assert counts_as_right(rated(threshold=4)) == "Counts as relevant: ratings of at least 4."


def test_an_evaluation_of_before_is_read_as_it_would_be_scored_now():
    """Stored when a dislike still counted as right: the same lists, and of these the likes."""
    dataset = around_zero()
    split = make_split(dataset)
    model = last_model(ImplicitALS(n_factors=6), split.train)
    now = evaluate(model, split)
    bold = replace(split.test, values=np.abs(split.test.values))  # so that everything is ranked as relevant
    before = evaluate(model, replace(split, test=bold)).to_arrays()
    before["relevance"] = split.test.values
    read = Evaluation.from_arrays(before)
    assert read.users.tolist() == now.users.tolist() and read.n_left_out == now.n_left_out
    for metric in ("ndcg", "recall", "map"):
        np.testing.assert_array_equal(read.per_user(metric, 10), now.per_user(metric, 10))
    np.testing.assert_array_equal(read.top_items, now.top_items)
    read.check_comparable(now)
    assert read.held_out.disliked_hits(10, 0) == now.held_out.disliked_hits(10, 0)
