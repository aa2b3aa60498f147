"""What the comparison of runs computes: fronts, digits, costs, flows, tables, all against plain definitions."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.list_model import ListModel
from recsys_core.algorithms.models import FactorModel, ItemModel
from recsys_core.algorithms.reference_models import Popularity, Random
from recsys_core.comparison import comparison as comparison_module
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.cost import model_bytes, seconds_per_thousand_lists
from recsys_core.comparison.disagreement import list_overlaps
from recsys_core.comparison.pareto import pareto_front
from recsys_core.comparison.popularity_bias import (
    holds_all_unseen,
    is_impersonal,
    longest_list,
    popularity_flow,
    shares_of_data,
)
from recsys_core.comparison.tables import headline_table, verdict_matrix
from recsys_core.comparison.tuning import TuningRecord
from recsys_core.comparison.verdicts import UNCLEAR
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.escape import for_latex
from recsys_core.evaluation.bootstrap import Interval, mean_intervals
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.significant_digits import decimals, format_interval, format_mean
from recsys_core.metrics import HEADLINE_METRICS, METRICS
from recsys_core.metrics.conventions import CONVENTION_METRICS, CONVENTIONS
from recsys_core.report.tables import latex_table, markdown_table
from recsys_core.store.store import RunStore
from tests.real_data import ml_100k


@pytest.fixture(scope="module")
def split():
    return make_split(generate())


def scored(split, recipe, seed: int = 0):
    *_, last = recipe.epochs(split.train, seed=seed)
    return evaluate(last.model, split, "validation")


@pytest.fixture(scope="module")
def three(split):
    return [scored(split, recipe) for recipe in (ALGORITHMS["svd"](), ALGORITHMS["ease"](), Popularity())]


def test_a_tuned_model_needs_a_larger_lead_on_validation_where_it_was_chosen(split, three):
    untuned, tuned = (TuningRecord(count, 1, (), kind) for count, kind in ((1, "EASE"), (40, "SVD")))
    plain, chosen = (Comparison(["A", "B"], three[:2], tuning=each) for each in ([untuned] * 2, [tuned, tuned]))
    narrow, wide = (each.verdicts[1, 0].difference for each in (plain, chosen))
    assert wide.low < narrow.low < narrow.high < wide.high
    groups = [each.groups(generate(), split, 1)["activity"][-1].difference for each in (plain, chosen)]
    assert groups[1].low < groups[0].low
    said = "the interval of its lead is wider"
    assert said in chosen.caveats and said not in plain.caveats
    assert "The highest of 2 numbers" in plain.caveats and "The highest of 40 numbers" in chosen.caveats
    beside = Comparison(["A", "B"], three[:2], tuning=[untuned, tuned])
    assert "The highest of 41 numbers, one for each setting tried, is flattered by chance" in beside.caveats
    on_test = [replace(each, subset="test") for each in three[:2]]
    assert Comparison(["A", "B"], on_test, tuning=[tuned, tuned]).verdicts[1, 0].difference == narrow


# The Pareto front

points = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=8)


@given(points)
def test_the_front_holds_what_nothing_beats(given_points):
    quality, cost = np.array(given_points, float).T
    for place, on_front in enumerate(pareto_front(quality, cost)):
        beaten = any(
            q >= quality[place] and c <= cost[place] and (q > quality[place] or c < cost[place])
            for q, c in given_points
        )
        assert on_front == (not beaten)


def test_what_is_not_a_number_is_on_no_front():
    assert pareto_front([0.3, np.nan, 0.2], [1, 1, np.nan]).tolist() == [True, False, False]


# Digits


def around(mean: float, half: float) -> Interval:
    return Interval(mean, mean - half, mean + half)


@pytest.mark.parametrize(
    ("half", "expected"),
    [(0.00827, 3), (0.0354, 3), (0.0356, 2), (0.0949, 2), (0.0951, 2), (0.36, 1), (0.97, 1), (12.0, 0), (0.000012, 6)],
)
def test_digits_follow_the_rule_of_the_particle_data_group(half, expected):
    """0.827 ± 0.119 keeps two digits of the error, ± 0.367 one, 0.827 ± 0.967 becomes 0.8 ± 1.0."""
    assert decimals(around(0.827, half)) == expected


def test_a_number_is_written_as_far_as_it_is_known():
    assert format_mean(around(0.31234, 0.012)) == "0.312"
    assert format_interval(Interval(-0.0312, -0.0432, -0.0192), sign=True) == "−0.031 (−0.043 to −0.019)"
    assert format_mean(around(0.00004, 0.02), sign=True) == "0.000"
    assert format_mean(Interval(0.3, math.nan, math.nan)) == format_mean(Interval(0.3, 0.3, 0.3)) == "0.300"
    assert format_interval(Interval(0.3, math.nan, math.nan)) == "0.300 (too few people to say)"


# Tables for print


def test_every_character_of_a_name_is_printed_and_none_obeyed():
    assert for_latex(r"A&B_{5%} $x$ #1 \input ~^ λ ▲") == (
        r"A\&B\_\{5\%\} \$x\$ \#1 \textbackslash{}input \textasciitilde{}\textasciicircum{} $\lambda$ $\blacktriangle$"
    )
    row = markdown_table(["a"], [["x | [a](b) `c` <b> *d*"]], "c").splitlines()[2]
    assert row == r"| x \| \[a\]\(b\) \`c\` \<b\> \*d\* |"


def test_a_table_has_a_cell_for_each_column():
    header, rows = ["model", "NDCG@10"], [["#1 SVD", "0.31"], ["#2 BPR", "0.30"]]
    text = latex_table(header, rows, "Planted")
    assert r"\begin{tabular}{lc}" in text and text.count(" & ") == 3 and r"\#1 SVD & 0.31 \\" in text
    lines = markdown_table(header, rows, "Planted").splitlines()
    assert [line.count("|") for line in lines[:4]] == [3, 3, 3, 3]


# Costs


def test_the_memory_of_a_model_is_that_of_its_arrays():
    factors = FactorModel.of(np.zeros((10, 4)), np.zeros((6, 4)))
    assert model_bytes(factors) == 4 * (10 * 4 + 6 * 4 + 10 + 6)
    train = Interactions.from_triples([0, 1], [0, 1], [1.0, 1.0], 2, 3)
    own = train.indptr.nbytes + train.items.nbytes + train.values.nbytes
    assert model_bytes(ItemModel(train, np.zeros((3, 3), np.float32))) == own + 36
    thin = sparse.csr_array(np.eye(3, dtype=np.float32))
    assert model_bytes(ItemModel(train, thin)) == own + sum(a.nbytes for a in (thin.data, thin.indices, thin.indptr))


def test_the_time_of_lists_is_that_of_a_thousand(split, monkeypatch):
    ticks = iter([0.0, 0.4, 1.0, 1.2, 2.0, 2.6])
    monkeypatch.setattr("recsys_core.comparison.cost.time.perf_counter", lambda: next(ticks))
    model = next(Popularity().epochs(split.train)).model
    assert seconds_per_thousand_lists(model, split.train, 5) == pytest.approx(0.2 * 1000 / split.train.n_users)


# Popularity


def test_the_flow_counts_what_is_recommended(three, split):
    flow, counted = popularity_flow(three[0], 10), {}
    for row in three[0].top_items[:, :10]:
        for item in row:
            counted[int(item)] = counted.get(int(item), 0) + 1
    order = np.argsort(-split.train.users_per_item, kind="stable")
    tenth = set(order[: len(order) // 10].tolist())
    total = sum(counted.values())
    assert flow.shares[0] == pytest.approx(sum(n for item, n in counted.items() if item in tenth) / total)
    assert flow.shares.sum() == pytest.approx(1) and shares_of_data(three[0]).sum() == pytest.approx(1)
    rank_of = {int(item): rank for rank, item in enumerate(order, start=1)}
    ranks = sorted(rank for item, n in counted.items() for rank in [rank_of[item]] * n)
    assert flow.median_rank == ranks[(total - 1) // 2]


def test_only_a_list_for_all_is_impersonal(three, split):
    """One factor is one taste for all; a random list is nobody's, but everybody's is another."""
    same = popularity_flow(three[2], 10)
    assert is_impersonal(same, same)
    assert is_impersonal(popularity_flow(scored(split, ALGORITHMS["svd"](n_factors=1)), 10), same)
    assert not is_impersonal(popularity_flow(three[0], 10), same)
    assert not is_impersonal(popularity_flow(scored(split, Random()), 10), same)


def test_of_few_items_a_list_holds_all_that_is_unseen():
    few = make_split(
        generate(SyntheticRecipe(n_users=40, n_items=8, n_tastes=2, picks=5)), SplitRecipe(validation=0.2, test=0.2)
    )
    evaluation = scored(few, Popularity())
    lengths = [sum(item >= 0 for item in row) for row in evaluation.top_items[:, :10].tolist()]
    assert longest_list(evaluation, 10) == max(lengths) < 8 and longest_list(evaluation, 1) == 1
    assert holds_all_unseen(evaluation, 10) and not holds_all_unseen(evaluation, 1)


# Runs side by side


def test_intervals_of_all_metrics_are_those_of_each(three):
    for metric in ("ndcg", "map", "auc"):
        for evaluation, interval in zip(three, Comparison("abc", three).intervals(metric), strict=True):
            alone = evaluation.interval(metric, 10)
            assert (interval.mean, interval.low, interval.high) == pytest.approx((alone.mean, alone.low, alone.high))


def test_verdicts_are_those_of_the_values_and_seeds_widen_them(three, split):
    alone = Comparison("abc", three, recipes="abc").verdicts
    assert alone[0, 1].difference.mean == pytest.approx(three[0].mean("ndcg", 10) - three[1].mean("ndcg", 10))
    spread = Comparison("abc", three, recipes="abc", other_seeds=[[three[2]], [], []]).verdicts
    assert spread[0, 2].difference.low < alone[0, 2].difference.low
    twins = Comparison("abc", three, recipes="aba").verdicts
    assert twins[0, 2].word == UNCLEAR != alone[0, 2].word


def test_the_baseline_is_the_first_and_the_challenger_the_best_of_the_others(three):
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        chosen = [three[index] for index in order]
        means = [evaluation.mean("recall", 5) for evaluation in chosen]
        comparison = Comparison("abc", chosen, "recall", 5)
        assert comparison.means == pytest.approx(means) and comparison.best == int(np.argmax(means))
        assert means[comparison.challenger] == max(means[1:])
    assert Comparison("a", three[:1]).challenger is None


def test_every_number_is_computed_once(three, monkeypatch):
    computed = []
    monkeypatch.setattr(
        comparison_module,
        "mean_intervals",
        lambda values, bounds: computed.append(1) or mean_intervals(values, bounds=bounds),
    )
    comparison = Comparison("abc", three)
    assert comparison.intervals("ndcg") is comparison.intervals("ndcg")
    assert comparison.verdicts is comparison.verdicts and comparison.means == comparison.means
    assert len(computed) == 1, "the means are those of the same intervals"


def test_what_another_metric_cut_off_or_margin_does_not_change_is_not_computed_again(three, monkeypatch):
    functions = ("mean_intervals", "popularity_flow", "list_overlaps", "convention_means")
    computed = Counter()

    def counted(name: str):
        original = getattr(comparison_module, name)
        return lambda *args, **kwargs: computed.update([name]) or original(*args, **kwargs)

    for name in functions:
        monkeypatch.setattr(comparison_module, name, counted(name))
    first = Comparison("abc", three)

    def look(comparison: Comparison) -> list[int]:
        comparison.intervals("map"), comparison.popularity_flows, comparison.disagreements(1)
        comparison.convention_means("ndcg")
        return [computed[name] for name in functions]

    assert look(first) == [1, 3, 1, 1]
    assert look(first.judged_by("recall", 10, 0.05)) == [1, 3, 1, 1]
    other = first.judged_by("recall", 5, 0.05)
    assert look(other) == [2, 6, 1, 2], "lists are as alike at every cut-off"
    assert other.means == Comparison("abc", three, "recall", 5).means and other.margin == 0.05
    assert other.verdicts == Comparison("abc", three, "recall", 5, 0.05).verdicts
    with pytest.raises(InputError):
        first.judged_by("rmse", 5, 0.05)


def test_a_metric_of_people_is_computed_once_and_nobody_can_change_it(three):
    evaluation = replace(three[0])  # the same numbers, none of them kept
    assert evaluation.per_user("ndcg", 5) is evaluation.per_user("ndcg", 5) is not evaluation.per_user("ndcg", 6)
    assert evaluation.per_user("auc", 5) is evaluation.per_user("auc", 6), "it has no cut-off"
    with pytest.raises(ValueError, match="read-only"):
        evaluation.per_user("ndcg", 5)[0] = 1
    assert evaluation.overall("ndcg", 5) == float(evaluation.per_user("ndcg", 5).mean())


def test_the_tables_have_every_metric_that_exists_for_a_model(three, split):
    comparison = Comparison("abc", three)
    errors = {name for name, metric in METRICS.items() if metric.kind == "rating"}
    of_lists = {name for name, metric in METRICS.items() if metric.kind == "list"}
    assert set(comparison.known_metrics) == set(METRICS) - errors - of_lists, "no predicted ratings, and no context"
    header, rows = headline_table(comparison, generate())
    assert header[1:-1] == [METRICS[name].title(10) for name in HEADLINE_METRICS if name not in errors]
    assert [row[0] for row in rows] == ["a", "b", "c"] and rows[0][-1] == "baseline"
    for index, row in enumerate(rows):
        assert row[1] == format_interval(three[index].interval("ndcg", 10))
    matrix = verdict_matrix(comparison)
    for index in (1, 2):
        verdict = comparison.verdicts[index, 0]
        assert rows[index][-1].startswith(verdict.marked) and matrix[index][0].startswith(verdict.mark)
    assert all(matrix[index][index] == "" for index in range(3))


def test_each_metric_has_the_number_of_its_definition(three):
    evaluation = three[0]
    for name, metric in METRICS.items():
        value = evaluation.overall(name, 7)
        if metric.kind in ("ranking", "catalogue"):
            assert value == evaluation.mean(name, 7)
        else:
            assert value is None and metric.why_not(evaluation)
    flow = popularity_flow(evaluation, 7)
    assert [evaluation.overall(name, 7) for name in ("coverage", "popularity", "gini", "overlap")] == pytest.approx(
        [flow.coverage, flow.mean_popularity, flow.gini, flow.overlap]
    )
    with pytest.raises(InputError, match="A metric must be one of ndcg"):
        evaluation.overall("nonsense", 7)


def test_models_are_compared_by_a_metric_of_people_with_one_label_each(three):
    for labels, evaluations, metric in (("", [], "ndcg"), ("a", three, "ndcg"), ("abc", three, "rmse")):
        with pytest.raises(InputError):
            Comparison(labels, evaluations, metric)


def test_runs_on_other_held_out_ratings_are_refused(three):
    other = scored(make_split(generate(), SplitRecipe(seed=1)), Popularity())
    with pytest.raises(InputError, match="same held-out data"):
        Comparison("ab", [three[0], other])
    with pytest.raises(InputError, match="same held-out data"):
        list_overlaps(three[0], other)


def test_the_least_alike_come_first(three):
    table = Comparison("ab", [three[0], three[2]]).disagreements(1)
    assert table["overlap"].is_monotonic_increasing and sorted(table["user"]) == three[0].users.tolist()
    row = table.iloc[5]
    at = int(np.flatnonzero(three[0].users == row["user"])[0])
    relevant = three[0].relevant
    ranks = relevant.ranks[relevant.indptr[at] : relevant.indptr[at + 1]]
    assert row["hits_one"] == np.sum(ranks <= 10)
    assert Comparison("ab", [three[0], three[0]]).disagreements(1)["overlap"].min() == pytest.approx(1)


@pytest.mark.parametrize("metric", CONVENTION_METRICS)
def test_by_convention_is_the_mean_of_the_convention(three, metric):
    means, refused = Comparison("abc", three).convention_means(metric)
    assert list(means) == list(CONVENTIONS) and not refused
    for name, convention in CONVENTIONS.items():
        assert means[name] == pytest.approx([getattr(convention, metric)(each.relevant, 10).mean() for each in three])


def test_lists_that_are_cut_short_have_no_average_precision_of_the_whole_list(split, three):
    """Else the same lists would have two numbers: here no held-out item past the tenth rank was ever found."""
    lists = np.full((split.train.n_users, 10), -1, np.int32)
    lists[three[0].users] = three[0].top_items[:, :10]
    short = evaluate(ListModel(lists, split.train.n_items), split, "validation")
    means, refused = Comparison("ab", [three[0], short]).convention_means("map")
    assert "cut short" in refused.pop("scikit_learn") and not refused
    assert all(first == pytest.approx(second) for first, second in means.values())


def test_a_number_of_all_lists_stays_within_its_limits_and_equal_ones_share_the_first_place(split):
    """Whoever is left out, the same thirty items are covered: there is no spread to tell by."""
    items = np.tile(np.arange(30, dtype=np.int32), (split.train.n_users, 1))
    pair = [evaluate(ListModel(each, split.train.n_items), split, "validation") for each in (items, items[:, ::-1])]
    comparison = Comparison("ab", pair, "coverage", k=30)
    assert comparison.headline == "a and b have the highest Coverage@30, 0.150 on validation."
    assert comparison.best == 0 and "no spread over people" in comparison.cell("coverage", 0)
    assert "no spread over people" in comparison.against_baseline


# The sealed test


def test_looks_at_the_test_are_counted_by_split_for_all_who_share_the_store(tmp_path):
    url = f"sqlite:///{tmp_path / 'shared.sqlite'}"
    mine, yours = RunStore(url), RunStore(url)
    assert mine.n_reveals("a" * 16) == 0
    for store in (mine, yours, mine):
        store.reveal_test("a" * 16)
    yours.reveal_test("b" * 16)
    assert mine.n_reveals("a" * 16) == yours.n_reveals("a" * 16) == 3 and mine.n_reveals("b" * 16) == 1


@pytest.mark.skipif(ml_100k() is None, reason="MovieLens 100K is not there: see tests/real_data.py")
@pytest.mark.parametrize("k", [64, 128, 256])
def test_a_truncated_svd_puts_first_what_is_about_kth_in_popularity(k):
    split = make_split(ml_100k())
    median = popularity_flow(scored(split, ALGORITHMS["svd"](n_factors=k, regularization=0)), 1).median_rank
    assert 0.7 * k < median < 1.3 * k


def test_more_factors_recommend_less_popular_items_in_a_truncated_svd():
    split = make_split(generate(SyntheticRecipe(n_users=300, n_items=300)))
    ranks = [
        popularity_flow(scored(split, ALGORITHMS["svd"](n_factors=k, regularization=0)), 10).median_rank
        for k in (1, 8, 64)
    ]
    assert ranks[0] < ranks[1] < ranks[2]
