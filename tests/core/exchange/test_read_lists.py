"""Anybody's lists: what comes back is what left, scores are pytrec_eval's, and what is wrong is told in numbers."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.exchange.lists import lists_as_csv, lists_as_file, lists_as_parquet, recommendation_tables
from recsys_core.exchange.read_lists import content_of, join_lists, read_lists
from recsys_core.metrics import RANKING_METRICS

K = 10


@cache
def trained():
    drawn = generate(SyntheticRecipe(n_users=80, n_items=60))
    ids = (tuple(f"{kind}{at}" for at in range(count)) for kind, count in (("u", 80), ("i", 60)))
    dataset = replace(drawn, **dict(zip(("user_ids", "item_ids"), ids, strict=True)))  # TREC's ids have no blanks
    split = make_split(dataset)
    *_, last = ImplicitALS(n_factors=6, n_epochs=4).epochs(split.train)
    return dataset, split, last.model


def exported(k=50, subset="validation", write=lists_as_csv):
    dataset, split, model = trained()
    seen, _ = split.seen_and_held_out(subset)
    ids = dict(user_ids=dataset.user_ids, item_ids=dataset.item_ids, titles=dataset.titles)
    return write(recommendation_tables(model, seen, k, **ids))


def joined(content, filename="lists.csv", subset="validation"):
    dataset, split, _ = trained()
    return join_lists(read_lists(content, filename), dataset, split, subset, cutoff=K)


def table(rows, columns=("user", "item", "rank")):
    return pd.DataFrame(rows, columns=columns).to_csv(index=False).encode()


@pytest.mark.parametrize("subset", ["validation", "test"])
@pytest.mark.parametrize("write, filename", [(lists_as_csv, "lists.csv"), (lists_as_parquet, "lists.parquet")])
def test_exported_lists_that_come_back_give_the_same_numbers_to_the_last_bit(subset, write, filename):
    _, split, model = trained()
    lists, report = joined(exported(subset=subset, write=write), filename, subset)
    ours, theirs = evaluate(lists, split, subset), evaluate(model, split, subset)
    np.testing.assert_array_equal(ours.top_items, theirs.top_items)
    for metric in RANKING_METRICS:
        if metric != "auc":
            np.testing.assert_array_equal(ours.per_user(metric, K), theirs.per_user(metric, K), err_msg=metric)
    assert len(report.sentences()) == 1


def test_auc_asks_for_whole_lists():
    _, split, _ = trained()
    with pytest.raises(InputError, match="cut short"):
        evaluate(joined(exported(k=10))[0], split, "validation").per_user("auc", K)


def trec_lines(rows):
    return "\n".join(f"{user} Q0 {item} {rank} {score} mine" for user, item, rank, score in rows).encode()


def test_scores_of_a_trec_run_are_those_of_pytrec_eval():
    """Lists with seen and unknown items, of unequal length, with equal scores; some people without a list."""
    dataset, split, _ = trained()
    rng = np.random.default_rng(1)
    rows = []
    for user in dataset.user_ids[:-9]:
        items = rng.permutation([*dataset.item_ids, "stranger", "another"])[: rng.integers(1, 40)]
        rows += [(user, item, 0, round(rng.random(), 1)) for item in items]
    model, report = joined(trec_lines(rows), "mine.run")
    evaluation = evaluate(model, split, "validation")
    _, held_out = split.seen_and_held_out("validation")
    qrels = {
        dataset.user_ids[user]: {dataset.item_ids[i]: 1 for i in held_out.items[held_out.of(user)]}
        for user in evaluation.users
    }
    run = {}
    for user, item, _, score in rows:
        run.setdefault(user, {})[item] = score
    measures = {"ndcg_cut_10": "ndcg", "P_10": "precision", "recall_10": "recall", "map_cut_10": None}
    theirs = pytrec_eval.RelevanceEvaluator(qrels, set(measures)).evaluate(run)
    assert report.n_without_list and report.n_seen and report.n_unknown_items and report.n_short
    for measure, metric in measures.items():
        name = metric or "map"
        ours = dict(zip(evaluation.users, evaluation.per_user(name, 10), strict=True))
        for user, value in ours.items():
            if metric is None:  # theirs divides by all relevant items, ours by min(k, R)
                n_relevant = len(qrels[dataset.user_ids[user]])
                value = value * min(10, n_relevant) / n_relevant
            expected = theirs.get(dataset.user_ids[user], {}).get(measure, 0.0)
            assert value == pytest.approx(expected, abs=1e-6), (measure, user)


def test_what_is_wrong_with_lists_is_told_in_numbers_and_counts_as_a_miss():
    dataset, split, _ = trained()
    seen, held_out = split.seen_and_held_out("validation")
    user = int(np.flatnonzero(held_out.items_per_user)[0])
    hit, known = held_out.items[held_out.of(user)][0], seen.items[seen.of(user)][0]
    name, item = dataset.user_ids[user], dataset.item_ids
    rows = [
        (name, item[known], 1),
        (name, "no such", 2),
        (name, item[hit], 3),
        (name, item[hit], 4),
        ("nobody", "x", 1),
    ]
    model, report = joined(table(rows))
    assert (report.n_rows, report.n_users, report.n_seen, report.n_unknown_items) == (4, 1, 1, 1)
    assert (report.n_repeated, report.n_unknown_user_rows, report.unknown_users) == (1, 1, ("nobody",))
    assert report.n_without_list == np.sum(held_out.items_per_user > 0) - 1 and report.n_short == 1
    evaluation = evaluate(model, split, "validation")
    at = list(evaluation.users).index(user)
    assert evaluation.per_user("mrr", K)[at] == pytest.approx(1 / 3)
    assert evaluation.per_user("hit_rate", K).sum() == 1
    text = " ".join(report.sentences())
    assert "nobody" in text and "of items that the person has in training" in text


def test_lists_without_the_held_out_items_score_nothing_and_that_is_said():
    """So are the lists that History offers for use: they leave out all that a person has already."""
    dataset, split, model = trained()
    lists, report = joined(lists_as_file(model, dataset, 50, "csv"))
    assert report.n_found == 0 and not evaluate(lists, split, "validation").per_user("ndcg", K).any()
    assert "held-out items, such as those downloaded under History" in report.sentences()[1]
    assert joined(exported())[1].n_found > 0


def test_order_is_by_rank_then_score_whatever_the_rows_order():
    dataset, _, _ = trained()
    name, item = dataset.user_ids[0], dataset.item_ids
    by_rank = joined(table([(name, item[5], 2), (name, item[7], 1)]))[0]
    by_score = joined(table([(name, item[5], 0.1), (name, item[7], 2)], ("user_id", "movie_id", "score")))[0]
    assert by_rank.lists[0].tolist() == by_score.lists[0].tolist() == [7, 5]
    assert content_of(by_rank) == content_of(by_score)


@pytest.mark.parametrize(
    "columns, column",
    [
        (("rating", "timestamp", "prediction"), "prediction"),
        (("value", "when", "score"), "score"),
        (("rating", "when", "relevance"), "relevance"),
        (("rating", "when", "predicted_rating"), "predicted_rating"),
    ],
)
def test_the_prediction_orders_lists_and_not_the_true_rating_beside_it(columns, column):
    file = read_lists(table([("u1", "i1", 5, 1, 0.1), ("u1", "i2", 1, 1, 0.9)], ("user", "item", *columns)), "l.csv")
    assert file.items.tolist() == ["i2", "i1"] and f"'{column}'" in file.order


@pytest.mark.parametrize("columns", [("score", "prediction"), ("rating", "stars")])
def test_two_columns_that_may_give_the_order_are_named(columns):
    with pytest.raises(InputError, match=f"'{columns[0]}', '{columns[1]}', and it is unclear which"):
        read_lists(table([("u1", "i1", 5, 1)], ("user", "item", *columns)), "lists.csv")


def test_lists_of_several_models_for_one_person_are_refused():
    columns = ("user", "item", "rank", "model")
    with pytest.raises(InputError, match="one file per model"):
        read_lists(table([("u1", "i1", 1, "als"), ("u1", "i2", 1, "knn")], columns), "lists.csv")
    with pytest.raises(InputError, match="one file per model"):
        read_lists(b"u1 Q0 i1 1 0.9 als\nu1 Q0 i2 1 0.8 knn\n", "mine.run")
    read_lists(table([("u1", "i1", 1, "als"), ("u2", "i2", 1, "knn")], columns), "lists.csv")


@pytest.mark.parametrize(
    "content, message",
    [
        (b"user,item\n1,2\n", "one of rank and score"),
        (b"user,item,rank\n1,2,first\n", "finite number"),
        (b"user,item,score\n1,2,inf\n", "finite number"),
        (b"user,item,rank\nnobody,2,1\n", "people of the data"),
        (b"", "."),
        (b"\x00\x01\x02", "."),
    ],
)
def test_what_is_no_file_of_lists_is_refused(content, message):
    with pytest.raises(InputError, match=message):
        joined(content)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_fuzzed_lists_are_counted_to_the_last_row(data):
    """0 silent: every row is kept, or is in one of the report's numbers."""
    dataset, split, model = trained()
    some = [*dataset.user_ids[:6], "x"], [*dataset.item_ids[:9], "y"]
    row = st.tuples(st.sampled_from(some[0]), st.sampled_from(some[1]), st.integers(1, 9))
    rows = data.draw(st.lists(row, min_size=1, max_size=60))
    try:
        model, report = joined(table(rows))
    except InputError:
        assert all(u == "x" for u, _, _ in rows) or all(i == "y" for _, i, _ in rows)
        return
    kept = int(np.sum(model.lists >= 0))
    assert kept + report.n_unknown_items + report.n_repeated == report.n_rows
    assert report.n_rows + report.n_unknown_user_rows == len(rows)
    evaluation = evaluate(model, split, "validation")
    relevant = {
        (dataset.user_ids[u], dataset.item_ids[i])
        for u, i in zip(*(lambda h: (h.users, h.items))(split.seen_and_held_out("validation")[1]), strict=True)
    }
    found = {(u, i) for u, i, _ in rows} & relevant
    assert evaluation.per_user("recall", 50).sum() == pytest.approx(
        sum(1 / sum(u == user for user, _ in relevant) for u, _ in found)
    )


def test_ranks_below_zero_are_no_ranks():
    dataset, _, _ = trained()
    with pytest.raises(InputError, match="count from 1"):
        joined(table([(dataset.user_ids[0], item, -at) for at, item in enumerate(dataset.item_ids[:5])]))


def test_rows_that_are_left_out_and_ties_are_told():
    dataset, _, _ = trained()
    rows = table([(dataset.user_ids[0], item, 1) for item in dataset.item_ids[:5]])
    remarks = read_lists(rows + b"broken\n" + b"u1,i1,2,3,4\n", "lists.csv").remarks
    assert "2 left out" in remarks[0] and "4 rows have the same rank" in remarks[-1]
    assert read_lists(exported(), "lists.csv").remarks == ()
