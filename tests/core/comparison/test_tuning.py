"""The record of tuning counts settings, not runs, and says when models had unequal chances."""

from recsys_core.algorithms.blend import Blend
from recsys_core.algorithms.bpr import BPR
from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.algorithms.imported_lists import ImportedLists
from recsys_core.algorithms.reference_models import Popularity
from recsys_core.algorithms.reranked import Reranked
from recsys_core.comparison.tuning import MOST_SETTINGS, Trial, TuningRecord, budget_sentence, tuning_record

TRIED = [
    Trial(ImplicitALS(n_factors=8, regularization=1.0), 0),
    Trial(ImplicitALS(n_factors=64, regularization=1.0), 0),
    Trial(ImplicitALS(n_factors=64, regularization=10.0), 0),
    Trial(ImplicitALS(n_factors=64, regularization=10.0), 1),  # a seed is no setting
    Trial(BPR(), 0),
]


def test_settings_seeds_and_ranges_are_counted():
    record = tuning_record(TRIED[1][0], TRIED)
    assert (record.n_settings, record.n_seeds, record.is_untuned) == (3, 2, False)
    assert dict(record.ranges) == {"Factors k": "8 to 64", "Regularisation λ": "1 to 10"}
    assert record.sentence.startswith("3 settings tried on validation") and record.sentence.endswith("2 seeds")


def test_one_setting_is_untuned_and_nothing_to_tune_is_not():
    assert tuning_record(BPR(), TRIED).is_untuned
    assert tuning_record(BPR(n_factors=99), []).is_untuned  # itself counts
    assert not tuning_record(Popularity(), TRIED).is_untuned


def test_trainings_that_branched_off_are_settings_of_their_own():
    branches = [Trial(BPR(n_factors=8), seed, branch=(epoch, BPR())) for epoch in (1, 2, 3) for seed in (0, 1)]
    assert tuning_record(BPR(), [*TRIED, *branches]).n_settings == 4
    assert tuning_record(BPR(n_factors=8), branches, branch=(4, BPR())).n_settings == 4


def test_what_was_tried_on_other_splits_only_is_told_apart_and_no_model_is_called_untuned():
    record = tuning_record(BPR(), [Trial(BPR(), 0)], TRIED)
    assert record.is_untuned, "the same setting was tried there"
    elsewhere = [Trial(BPR(n_factors=each), 0) for each in (4, 8)]
    record = tuning_record(BPR(), TRIED, [*TRIED, *elsewhere])
    assert (record.count, record.is_untuned) == ("1 here, 2 on other splits", False)
    assert record.sentence == "1 setting tried on validation; 2 more on other splits of these data"
    said = budget_sentence([record, tuning_record(Popularity(), TRIED)])
    assert said.startswith("No model was tuned on this split: one setting each. On other splits of these data, up to 2")


def test_of_a_model_from_a_file_nobody_knows():
    record = tuning_record(ImportedLists(), TRIED)
    assert record.count == "unknown" and not record.is_untuned
    assert budget_sentence([record, tuning_record(BPR(), TRIED)]) == "No model was tuned: one setting each."


def test_what_is_made_of_other_runs_has_nothing_to_tune():
    assert tuning_record(Reranked(), TRIED).count == "–"


def test_weights_of_a_blend_are_said_to_be_fitted_on_validation():
    blend = tuning_record(Blend(), TRIED)
    assert blend.count == "–" and blend.sentence == "Its weights were fitted on validation"
    said = budget_sentence([blend, tuning_record(BPR(), TRIED)])
    assert said == "No model was tuned: one setting each. The weights of a blend were fitted on validation."
    assert tuning_record(Blend(imported=("cd",)), TRIED) == blend


def test_the_sentence_on_budgets():
    als, bpr, popularity = (tuning_record(each, TRIED) for each in (TRIED[0][0], BPR(), Popularity()))
    assert budget_sentence([als, als, popularity]) == "Each model was tuned with 3 settings on validation."
    assert "from 1 to 3 settings" in budget_sentence([als, bpr]) and "1 of 2 are untuned" in budget_sentence([als, bpr])
    assert budget_sentence([bpr, bpr]).startswith("No model was tuned")


def test_minutes_are_equal_where_nobody_began_after_them_and_nobody_had_less():
    def record(n_settings, seconds, before_last):
        return TuningRecord(n_settings, 1, (), seconds=seconds, seconds_before_last=before_last)

    slow, fast = record(3, 185, 125), record(40, 182, 178)
    said = budget_sentence([slow, fast])
    assert "3 minutes of search" in said and "3 to 40 settings" in said
    assert "not tuned alike" in budget_sentence([slow, record(40, 140, 138)])  # less
    assert "not tuned alike" in budget_sentence([slow, record(40, 400, 380)])  # more
    assert "not tuned alike" in budget_sentence([slow, record(1, 190, 0)])  # one setting is no search
    capped = record(MOST_SETTINGS, 20, 19)
    assert f"{MOST_SETTINGS} settings at most" in budget_sentence([slow, capped])


def test_only_the_first_seed_of_a_setting_counts_as_time_of_search():
    tried = [Trial(BPR(n_factors=8), 1, 50, 90), Trial(BPR(n_factors=8), 0, 0, 30), Trial(BPR(n_factors=9), 0, 40, 45)]
    record = tuning_record(BPR(n_factors=8), tried)
    assert (record.seconds, record.seconds_before_last) == (35, 30)
