"""Use a setting of a sweep: pin its run, open it on another page, or continue its training."""

from dataclasses import dataclass

import streamlit as st

from pages.shared.context import DATA_KEY, RUN_KEY, SPLIT_KEYS, get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import scored_evaluation
from pages.shared.results.comparison import chosen_margin
from pages.shared.results.open_run import open_run, pin_run, switch_to_requested_page
from pages.shared.server import store
from pages.shared.widgets.hold_values import hold_values
from pages.shared.widgets.remembered_select import remembered_select
from pages.views.what_if.continue_training import can_continue
from pages.views.what_if.results import METRIC, SETTING_KEY, SweepResults, setting_name
from recsys_core.comparison.verdicts import BETTER, SAME, Verdict, judge_all
from recsys_core.evaluation.bootstrap import seed_variances
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.history import validation_scores
from recsys_core.store.other_seeds import other_seeds
from recsys_core.store.run import DIVERGED, FINISHED, Run, all_but_seed
from recsys_core.sweeps.plan import Sweep, Task
from recsys_core.sweeps.progress import Progress
from recsys_core.sweeps.results import ScoredSetting

_VIEW_KEY, _CONTINUE = "what_if", "Continue training"
_IS_USED = "sweep_setting_is_used"


def draw_use_of_setting(number: int, sweep: Sweep, results: SweepResults, progress: Progress) -> None:
    """Draw the choice of a setting, at first the best, with the buttons for its run; `number` is the sweep's."""
    switch_to_requested_page()
    if st.session_state.pop(_IS_USED, False):
        hold_values(DATA_KEY, RUN_KEY, _VIEW_KEY, *SPLIT_KEYS)
        st.rerun()  # all of the page: what stands outside this fragment has changed
    runs = _runs_of_settings(sweep, results, progress)
    box, pin, look, go_on = st.columns([2.4, 0.8, 1.2, 1.2], vertical_alignment="bottom")
    with box:
        chosen = remembered_select(
            "Setting",
            list(runs),
            key=SETTING_KEY,
            belongs_to=f"{number}",
            help="A click on a setting in the chart chooses it, too. With several seeds, the first seed's run is used.",
        )
    run = runs[chosen]
    pin.button("Pin", key="setting_pin", icon=":material/push_pin:", width="stretch", on_click=_pin, args=(run,))
    page, pins = ("Factors", False) if run.has_factors else ("Person", True)
    look.button(
        f"Open on {page}",
        key="setting_open",
        width="stretch",
        on_click=open_run,
        args=(run, f"pages/{page.lower()}.py", pins),
    )
    go_on.button(
        _CONTINUE,
        key="setting_continue",
        width="stretch",
        disabled=not can_continue(run),
        on_click=_continue,
        args=(run.id,),
        help="Trains on from an epoch of this run with another setting.",
    )


def _runs_of_settings(sweep: Sweep, results: SweepResults, progress: Progress) -> dict[str, Run]:
    """Return a finished run of each setting, by the setting's name, the best setting first."""
    runs = {}
    for each in sorted(results.settings, key=lambda each: -each.mean):
        tasks = (Task(each.plan.algorithm, each.recipe, seed) for seed in sweep.seeds)
        finished = (run for task in tasks if (run := progress.runs.get(task)) is not None and run.state == FINISHED)
        runs[setting_name(each.plan, each.point, with_algorithm=True)] = next(finished)
    return runs


@error_boundary()
def _pin(run: Run) -> None:
    pin_run(run)
    st.session_state[_IS_USED] = True


@error_boundary()
def _continue(run_id: int) -> None:
    st.session_state.update({RUN_KEY: run_id, _VIEW_KEY: _CONTINUE, _IS_USED: True})


@dataclass(frozen=True)
class BetterKnownRun:
    """A run outside a sweep with a higher NDCG on validation, its `score`, than the best setting of the sweep."""

    run: Run
    score: float
    verdict: Verdict

    @property
    def what_it_does(self) -> str:
        """'does better', or what the lead is instead."""
        return _LEADS.get(self.verdict.word, "scores higher, which may be chance")


_LEADS = {BETTER: "does better", SAME: "scores higher, by too little to matter"}


def find_better_known_run(results: SweepResults | None, progress: Progress) -> BetterKnownRun | None:
    """Return the known run that scores highest, if that is higher on validation than the best of the sweep.

    A model that may have seen the validation ratings does not count, nor does a setting of the sweep from another seed.
    """
    if results is None:
        return None
    scores = validation_scores(store(), get_context().split.fingerprint)
    settings = {(task.algorithm, task.recipe) for task in progress.runs}
    known = [
        run
        for run in get_context().runs_with("validation")
        if run.id in scores
        and (run.branch or (run.algorithm, run.recipe) not in settings)
        and run.state != DIVERGED
        and not run.recipe.possibly_leaked_subsets
    ]
    leader = max(known, key=lambda run: scores[run.id], default=None)
    best = results.settings[results.ranking.best]
    if leader is None or scores[leader.id] <= best.mean:
        return None
    fingerprints = tuple(run.fingerprint for run in progress.runs.values() if run is not None)
    by_seed = tuple(scores[run.id] for run in (leader, *other_seeds(store(), leader, known)))
    n_settings = len(results.settings), len({all_but_seed(run) for run in known})
    verdict = _judge_lead((*fingerprints, leader.fingerprint), by_seed, chosen_margin(), n_settings, leader, best)
    return BetterKnownRun(leader, scores[leader.id], verdict)


@st.cache_resource(max_entries=64, show_spinner=False)
def _judge_lead(
    fingerprints: tuple[str, ...],
    by_seed: tuple[float, ...],
    margin: float,
    n_settings: tuple[int, int],
    _leader: Run,
    _best: ScoredSetting,
) -> Verdict:
    """Return the verdict on a run with these means, one per seed and its own first, against the best of a sweep.

    `n_settings` says of how many settings each of the two is the best, that of the sweep first.
    """
    values = scored_evaluation(_leader.fingerprint, _leader.id, "validation").per_user("ndcg", CUTOFF)
    seeds = [_best.seeds, seed_variances(by_seed)]
    return judge_all([_best.values, values], seeds=seeds, margin=margin, n_settings=n_settings)[1, 0]


def name_better_known_run(known: BetterKnownRun) -> str:
    """Return a sentence on a known run that scores higher than the best of a sweep."""
    return f"Outside this sweep, {known.run.label} {known.what_it_does}: {METRIC} {known.score:.3f}."
