"""Draw the results of a sweep: charts, each under a sentence made of its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.results.comparison import chosen_margin
from pages.shared.server import store
from pages.shared.text import duration, escape
from recsys_core.comparison.pareto import pareto_front
from recsys_core.comparison.sentences import flattered, trained_with_one_seed, what_matters
from recsys_core.comparison.verdicts import SAME, UNCLEAR
from recsys_core.data.nouns import join_words
from recsys_core.evaluation.significant_digits import format_interval, format_mean
from recsys_core.figures.sweep import SELECTED, Cell, dots, heat_map, quality_against_time, scattered
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.run import FINISHED
from recsys_core.sweeps.plan import MOST_VARIED_IN_GRID, Plan, Sweep, Task
from recsys_core.sweeps.progress import Progress
from recsys_core.sweeps.results import (
    ScoredSetting,
    SettingsRanking,
    compute_sensitivities,
    find_plateau,
    rank_settings,
    score_setting,
)

SETTING_KEY = "sweep_setting"
_QUICKER = 0.8  # of the time: less is worth a sentence
METRIC = f"NDCG@{CUTOFF}"


@dataclass(frozen=True, eq=False)
class SweepResults:
    """The settings that have been scored so far, and their ranking."""

    settings: list[ScoredSetting]
    ranking: SettingsRanking


def score_sweep(sweep: Sweep, progress: Progress) -> SweepResults | None:
    """Score and rank the settings of a sweep of which at least one seed has finished; None if there are none."""
    finished = {task: run for task, run in progress.runs.items() if run is not None and run.state == FINISHED}
    settings = []
    for plan in sweep.plans:
        for point, recipe in zip(plan.points, plan.recipes(), strict=True):
            runs = [finished[task] for seed in sweep.seeds if (task := Task(plan.algorithm, recipe, seed)) in finished]
            if runs:
                values, seconds = zip(*(_load_result(run.fingerprint, run.id) for run in runs), strict=True)
                settings.append(score_setting(plan, point, recipe, values, seconds))
    if not settings:
        return None
    key = tuple(run.fingerprint for run in finished.values())
    return SweepResults(settings, _ranking(key, chosen_margin(), settings))


@st.cache_resource(max_entries=2_000, show_spinner=False)
def _load_result(fingerprint: str, run_id: int) -> tuple[np.ndarray, float]:
    """Return NDCG@10 of every validation user (u,), and the seconds of training."""
    evaluation = store().evaluation(run_id, "validation")
    assert evaluation is not None  # a finished run has one wherever a sweep can be started
    return evaluation.per_user("ndcg", CUTOFF), store().epochs(run_id)[-1].seconds


@st.cache_resource(max_entries=16, show_spinner=False)
def _ranking(fingerprints: tuple[str, ...], share: float, _settings: list[ScoredSetting]) -> SettingsRanking:
    return rank_settings(_settings, margin=share)


def format_value(value) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def setting_name(plan: Plan, point: tuple, *, with_algorithm: bool) -> str:
    """'k = 16, λ = 5', after the algorithm's name where several are tried."""
    pairs = zip(plan.varied, point, strict=True)
    text = ", ".join(f"{parameter.symbol or parameter.label} = {format_value(value)}" for parameter, value in pairs)
    return f"{plan.base.label} with {text}" if with_algorithm else text


def headline(results: SweepResults | None, progress: Progress) -> str:
    """Say which setting is best, how sure that is, and how far it can be changed without loss."""
    if results is None:
        return "The first results appear in a moment." if progress.is_active else "No run of this sweep has finished."
    ranking = results.ranking
    best = results.settings[ranking.best]
    count = len(results.settings)
    name = setting_name(best.plan, best.point, with_algorithm=True)
    text = f"{name} is the best of {count:,} settings" if count > 1 else f"{name} is the only setting so far"
    text += f": {METRIC} {format_interval(ranking.intervals[ranking.best])} on the validation set."
    if count == 1:
        return text
    flat = [words for name in best.plan.names if (words := _describe_plateau(results, name))]
    if flat:
        return f"{text} {join_words(flat)} {'is' if len(flat) == 1 else 'are'} not clearly worse."
    others = [verdict.word for index, verdict in enumerate(ranking.verdicts) if index != ranking.best]
    level = [
        f"{others.count(word)} {'other is' if others.count(word) == 1 else 'others are'} {phrase}"
        for word, phrase in ((SAME, "practically the same"), (UNCLEAR, "not clearly worse"))
        if word in others
    ]
    if level:
        return f"{text} {' and '.join(level)}."
    rest = "the other" if count == 2 else "each of the others"
    kind = "the chance of who is scored" if any(each.hides_luck for each in results.settings) else "chance"
    return f"{text} Its lead over {rest} is more than {kind}."


def _describe_plateau(results: SweepResults, name: str) -> str:
    """Return 'k from 16 to 48', or '' if no other value is as good as the best."""
    best = results.settings[results.ranking.best]
    ends = find_plateau(results.settings, results.ranking, name)
    if ends is None or ends[0] == ends[1] or not best.plan.is_grid:
        return ""
    parameter = best.plan.varied[best.plan.names.index(name)]
    return f"{parameter.symbol or parameter.label} from {format_value(ends[0])} to {format_value(ends[1])}"


def draw_results(sweep: Sweep, results: SweepResults) -> None:
    """Draw a heat strip or map for each algorithm, the effect of each hyperparameter, and quality against time."""
    for plan in sweep.plans:
        mine = [index for index, each in enumerate(results.settings) if each.plan == plan]
        if mine and len(plan.names) > MOST_VARIED_IN_GRID:
            _draw_many_varied(plan, results, mine)
        elif mine:
            cells = [_make_cell(results, index) for index in mine]
            _draw_plan_results(plan, results, cells, mine, alone=len(sweep.plans) == 1)
    st.caption(
        "Solid frame: the best setting. Dashed frame: not clearly worse, or practically the same. The verdicts take "
        f"into account {_describe_chance(results.settings)} "
        f"{what_matters(METRIC, results.ranking.verdicts[results.ranking.best].band, chosen_margin())} "
        f"{flattered(len(results.settings))}"
    )
    if len(results.settings) > 1:
        cells = [_make_cell(results, index) for index in range(len(results.settings))]
        _draw_quality_against_time(results, cells, with_algorithm=len(sweep.plans) > 1)


def _describe_chance(settings: list[ScoredSetting]) -> str:
    """Say, after 'The verdicts take into account', what they do and what they leave out."""
    lucky = sum(each.hides_luck for each in settings)
    knows_seeds = not lucky and any(each.recipe.is_stochastic for each in settings)
    over = "people and seeds" if knows_seeds else "people"
    text = f"the variation over {over}, the number of settings and the choice of the best."
    left_out = trained_with_one_seed("1 setting" if lucky == 1 else f"{lucky:,} settings", lucky)
    return f"{text} {left_out}".strip()


def _draw_many_varied(plan: Plan, results: SweepResults, indices: list[int]) -> None:
    """Draw the settings over the two numbers with the most effect, and all their values in a table."""
    settings = [results.settings[index] for index in indices]
    effects = compute_sensitivities(settings)
    axes = [axis for each in effects if not plan.varied[axis := plan.names.index(each.name)].options][:2]
    title = f"{METRIC} by {join_words([plan.varied[axis].label for axis in axes])}, {plan.base.label}"
    st.markdown(f"**{escape(title)}** — {escape(_describe_effects(settings))}")
    if len(axes) == 2:
        first, second = axes
        means = [each.mean for each in results.settings]
        points = [(float(each.point[first]), float(each.point[second])) for each in settings]
        lowest = [min(values) for values in zip(*points, strict=True)]
        chart = scattered(
            [_make_cell(results, index, axes) for index in indices],
            points,
            x_title=plan.varied[first].label,
            y_title=plan.varied[second].label,
            domain=(min(means), max(means)),
            logs=[plan.varied[axis].log and low > 0 for axis, low in zip(axes, lowest, strict=True)],
        )
        _draw_map(chart, key=f"sweep_map_{plan.algorithm}", alt=title)
        st.caption("The axes are the two settings with the most effect; the table has all.")
    rows = [dict(zip((parameter.label for parameter in plan.varied), each.point, strict=True)) for each in settings]
    table = pd.DataFrame(rows).assign(**{METRIC: [each.mean for each in settings]})
    st.dataframe(
        table.sort_values(METRIC, ascending=False),
        hide_index=True,
        height=250,
        key=f"sweep_table_{plan.algorithm}",
        alt="Every setting of the sweep with its score.",
        column_config={METRIC: st.column_config.NumberColumn(format="%.4f")},
    )


def _make_cell(results: SweepResults, index: int, axes: Sequence[int] = (0, 1)) -> Cell:
    """Return a setting as the charts take it, at its values on two `axes`; of one value the algorithm is the other."""
    each, ranking = results.settings[index], results.ranking
    x, *y = (format_value(each.point[axis]) for axis in axes if axis < len(each.point))
    return Cell(
        x,
        y[0] if y else each.plan.base.label,
        ranking.intervals[index],
        index == ranking.best,
        ranking.verdicts[index].word,
        each.seconds,
        setting_name(each.plan, each.point, with_algorithm=True),
    )


def _draw_plan_results(
    plan: Plan, results: SweepResults, cells: list[Cell], indices: list[int], *, alone: bool
) -> None:
    titles = [parameter.label for parameter in plan.varied]
    settings = [results.settings[index] for index in indices]
    title = f"{METRIC} by {' and '.join(titles)}, {plan.base.label}"
    st.markdown(f"**{escape(title)}** — {escape(_describe_effects(settings))}")
    by_axis = [sorted(set(values)) for values in zip(*plan.points, strict=True)]
    words = [[format_value(value) for value in axis] for axis in by_axis]
    alt = f"{title}: " + ", ".join(f"{cell.x} {cell.y} {cell.interval.mean:.3f}" for cell in cells[:40])
    means = [each.mean for each in results.settings]
    domain = (min(means), max(means))
    key = f"sweep_map_{plan.algorithm}"
    if len(titles) == 1:
        strip = heat_map(
            cells, x=words[0], y=[plan.base.label], x_title=titles[0] if not alone else "", y_title="", domain=domain
        )
        _draw_map(strip, key=key, alt=alt)
        if alone:
            chart = dots(cells, x=words[0], x_title=titles[0])
            st.vega_lite_chart(chart, width="stretch", key=f"{key}_dots", alt=alt)
    elif plan.is_grid or any(parameter.options for parameter in plan.varied):
        chart = heat_map(cells, x=words[0], y=words[1][::-1], x_title=titles[0], y_title=titles[1], domain=domain)
        _draw_map(chart, key=key, alt=alt)
    else:
        chart = scattered(
            cells,
            [(float(u), float(v)) for u, v in (each.point for each in settings)],
            x_title=titles[0],
            y_title=titles[1],
            domain=domain,
            logs=[parameter.log and min(axis) > 0 for parameter, axis in zip(plan.varied, by_axis, strict=True)],
        )
        _draw_map(chart, key=key, alt=alt)


def _draw_map(chart: dict[str, object], *, key: str, alt: str) -> None:
    """Draw a chart whose settings can be clicked."""
    st.vega_lite_chart(
        chart, width="stretch", key=key, alt=alt, on_select=partial(_select_clicked, key), selection_mode=SELECTED
    )


@error_boundary()
def _select_clicked(key: str) -> None:
    """Choose the setting that was clicked in a chart, in a callback; see `use_setting`."""
    if clicked := st.session_state[key]["selection"].get(SELECTED):
        st.session_state[SETTING_KEY] = clicked[0]["name"]


def _describe_effects(settings: list[ScoredSetting]) -> str:
    """Say how much each hyperparameter changes the metric, and how much another seed does."""
    if len(settings) < 2:
        return "more values will show its effect."
    plan = settings[0].plan
    count = len(plan.varied)
    start, most = ("", "up to ") if count == 1 else (f"averaged over the other{'s' if count > 2 else ''}, ", "")
    parts = []
    for each in compute_sensitivities(settings):
        parameter = plan.varied[plan.names.index(each.name)]
        parts.append(f"{parameter.symbol or parameter.label} changes it by {most}{each.effect:.3f}")
    spreads = [each.spread for each in settings if each.n_seeds > 1]
    if not settings[0].recipe.is_stochastic:
        luck = ""
    elif spreads:
        luck = f"; another seed by about {np.mean(spreads):.3f}"
    else:
        luck = "; more seeds would show how much of this is luck"
    return f"{start}{', '.join(parts)}{luck}."


def _draw_quality_against_time(results: SweepResults, cells: list[Cell], *, with_algorithm: bool) -> None:
    names = [setting_name(each.plan, each.point, with_algorithm=with_algorithm) for each in results.settings]
    seconds = np.array([each.seconds for each in results.settings])
    ranking = results.ranking
    level = np.flatnonzero(ranking.is_not_worse)
    quick = int(level[np.argmin(seconds[level])])
    if seconds[quick] > _QUICKER * seconds[ranking.best]:
        best = f"The best setting, {names[ranking.best]}, takes {duration(seconds[ranking.best])}."
        sentence = f"{best} No setting as good is much faster."
    else:
        sentence = (
            f"Faster, and not clearly worse than the best: {names[quick]} in {duration(seconds[quick])} "
            f"instead of {duration(seconds[ranking.best])}, {format_mean(ranking.gaps[quick])} behind."
        )
    st.markdown(f"**Quality against time** — {escape(sentence)}")
    front = pareto_front(np.array([each.mean for each in results.settings]), seconds)
    chart = quality_against_time(cells, front.tolist())
    st.vega_lite_chart(chart, width="stretch", key="sweep_time", alt=sentence)
    line = " No setting is both faster and better than one on the orange line." if front.sum() > 1 else ""
    st.caption(f"{METRIC} on the validation set.{line}")
