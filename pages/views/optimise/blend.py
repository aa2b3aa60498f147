"""Blend models by SLSQP: weights that add up to 1, and the price of less popular lists."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.held_out import how_to_hold_out
from pages.shared.results.cached import model_of
from pages.shared.results.comparison import chosen_margin
from pages.shared.results.ensembles import ensembles_of
from pages.shared.results.first_models import offer_first_models
from pages.shared.results.imported_models import warn_of_leaks
from pages.shared.results.keep_beside import ask_to_keep, keep_if_asked
from pages.shared.results.open_run import pin_run
from pages.shared.results.plain_words import describe_lists, draw_headline
from pages.shared.results.train_missing import offer_missing
from pages.shared.server import store
from pages.shared.shell.pinned_models import pinned_runs
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_one import choose_one
from pages.shared.widgets.choose_person_item import choose_item, choose_person
from pages.shared.widgets.wait_for_runs import wait_for_runs
from pages.views.optimise.explain import explain
from pages.views.optimise.long_sums import break_sum
from recsys_core.algorithms.blend import Blend
from recsys_core.algorithms.models import FactorModel
from recsys_core.comparison.verdicts import UNCLEAR, judge_all
from recsys_core.data.nouns import count_noun, write_number
from recsys_core.evaluation.best_epoch import predicts_ratings_of
from recsys_core.evaluation.blending import LESS_POPULAR, Ensemble, EnsembleFit, worked_score
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.figures.blend import price_of_a_cap, weight_paths
from recsys_core.metrics import METRICS
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.optimize.blend_objectives import ApproximateNDCG, SquaredError, at_most, blend_weights
from recsys_core.runner.ensemble_arrays import blend_to_arrays, order_to_store_blend, store_blend
from recsys_core.runner.large_data import is_large
from recsys_core.runner.task import KEPT_BLEND, Task
from recsys_core.store.run import Run

_RATINGS, _LISTS = "Predicted ratings (RMSE)", "Lists (NDCG)"
_SHOWN = "blend_shown"  # in the session's state: the blend on the screen, for the button under it


def draw_blend() -> None:
    """Draw what is blended for which goal, the weights, the price of a cap, and a button that makes a run of it."""
    runs, left_out = _candidates()
    if get_context().split.validation.relevant.n_interactions == 0:
        st.subheader("A blend is fitted on validation, and nothing is held out for it.", anchor=False)
        st.write(how_to_hold_out("validation"))
        return
    if not get_context().runs_with("model"):
        offer_first_models()
        return
    if len(runs) < 2:
        st.subheader("A blend needs at least two pinned models with factors.", anchor=False)
        st.write("Pin another model in the sidebar, or train some: new models are pinned when they are ready.")
        if left_out:
            st.caption(escape(left_out))
        if live := [run.id for run in get_context().runs() if run.is_live and not run.in_background]:
            wait_for_runs(live)
        offer_missing(get_context().runs())
        return
    top = st.container()
    rating = [run for run in runs if predicts_ratings_of(model_of(run.fingerprint, run.id), get_context().split)]
    target = _LISTS
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    if len(rating) >= 2:
        target = choose_one(
            right.segmented_control, "Fit the weights to", [_RATINGS, _LISTS], default=_RATINGS, key="blend_target"
        )
    if target == _RATINGS:
        runs = rating
    names = [run.short_label for run in runs] + [LESS_POPULAR] * (target == _LISTS)
    fit = ensembles_of(
        get_context(),
        {(run.fingerprint, run.id): model_of(run.fingerprint, run.id) for run in runs},
        for_lists=target == _LISTS,
    )
    chosen: Ensemble | None = fit.uncapped
    cap = None
    if target == _LISTS:
        with left:
            cap = _cap(fit.uncapped)
        chosen = fit.under_cap(cap)
    sentence = _sentence(names, fit, chosen, cap)
    with top:
        draw_headline("" if chosen is None else _plain_sentence(names, fit, chosen), sentence)
        warn_of_leaks(runs)
    top.caption(escape(_trust(fit, chosen, left_out)))
    _pictures(names, fit, chosen, cap, sentence)
    if chosen is not None:
        keep_if_asked(KEPT_BLEND, "Scoring the blend")
        _offer_to_keep(runs, names, fit, chosen)
    error = ApproximateNDCG if target == _LISTS else SquaredError
    code: list[Callable[..., object]] = [error.value, error.gradient, blend_weights]
    explain(
        board=_board(target, fit),
        student=_STUDENT[target],
        worked_step=lambda: _numbers(names, fit, chosen or fit.uncapped),
        code=[*code, at_most] if target == _LISTS else code,
    )


_STUDENT = {
    _RATINGS: (
        "The squared error is a quadratic function of the weights, so it has one minimum on the simplex w ≥ 0, Σ w = "
        "1. "
        "At every step SLSQP replaces the function by a quadratic model, whose Hessian it builds up from gradients as "
        "in BFGS, and the constraints by linear ones, solves that small problem exactly and moves to its solution. "
        "At the end the slopes of all models in use equal the multiplier of Σ w = 1: shifting a little weight from one "
        "to another gains nothing. A model with a greater slope has weight 0."
    ),
    _LISTS: (
        "NDCG changes only when two items swap ranks: its gradient is 0 or does not exist, so no gradient method can "
        "raise it. It is replaced by ApproxNDCG (Qin, Liu and Li, 2010): a rank counts the items above, and “above” "
        "becomes a steep S-curve of the difference in score. That is smooth but not convex: from equal weights SLSQP "
        "finds a good solution, not necessarily the best. Scores are standardised per person first, or the model with "
        "the largest numbers would win. “Less popular first” is not a model but a vote, with a weight of at most 0.6, "
        "against what everybody has. A cap on popularity is one more constraint, which SLSQP replaces by a tangent at "
        "every step; its smooth form caps what a draw by score would show, and the picture shows what the lists really "
        "contain. At the end the slopes of all components in use are equal, unless a cap pushes against them."
    ),
}


def _candidates() -> tuple[list[Run], str]:
    """Return the pinned runs that can be blended, and a sentence on those that cannot."""
    pinned = pinned_runs()
    others = [run for run in pinned if run.recipe.possibly_leaked_subsets or not _has_factor_model(run)]
    runs = [run for run in pinned if run not in others]
    if not others:
        return runs, ""
    return runs, (
        f"Not blended: {', '.join(run.short_label for run in others)}. A component must have factors and must not "
        "have been trained on the validation data."
    )


def _has_factor_model(run: Run) -> bool:
    return isinstance(model_of(run.fingerprint, run.id), FactorModel)


def _cap(uncapped: Ensemble) -> int:
    highest = max(2, int(np.ceil(uncapped.popularity)))
    return st.slider(
        "Cap on popularity: people per recommended item, on average",
        1,
        highest,
        highest,
        key=f"blend_cap_{highest}",
        help=f"How many people have an item of the top {CUTOFF} in training: the lower, the less obvious.",
    )


def _sentence(names: list[str], fit: EnsembleFit, chosen: Ensemble | None, cap: int | None) -> str:
    if chosen is None:
        least = min(blend.popularity for blend in fit.blends)
        return (
            f"No blend was found below {cap} people per item; the least popular lists have {least:.0f}. Raise the cap."
        )
    used = [(share, name) for share, name in zip(chosen.weights, names, strict=True) if share > 0]
    *others, last = [f"{share:.1%} {name}" for share, name in used]
    mixture = f"A blend of {', '.join(others)} and {last}" if others else f"{used[0][1]} alone"
    if not fit.for_lists:
        error = _written_rmse(chosen.evaluation)
        return f"{mixture} predicts validation ratings with an RMSE of {error}{_beside_best_single(fit, chosen)}."
    text = (
        f"{mixture} reaches NDCG@{CUTOFF} {chosen.ndcg:.4f} on validation{_beside_best_single(fit, chosen)}. "
        f"On average, a recommended item was chosen by {count_noun(round(chosen.popularity), 'people')}."
    )
    if chosen is fit.uncapped:
        return text
    cost = fit.uncapped.ndcg - chosen.ndcg
    return f"{text} The cap costs {f'{cost:.4f}' if cost > 0 else 'no'} NDCG@{CUTOFF} here."


def _beside_best_single(fit: EnsembleFit, chosen: Ensemble) -> str:
    """Return how the blend compares with the best single model, or that it is that model, as the end of a sentence."""
    scores = _single_scores(fit)
    best = _best_by_lists(fit) if fit.for_lists else int(np.argmin(scores))
    if chosen.weights[best] == 1:
        return ": the other gets no weight" if len(chosen.weights) == 2 else ": the others get no weight"
    verdict = _judged(chosen, fit.singles[best], "ndcg" if fit.for_lists else "rmse")
    return f", where the best single model has {write_number(scores[best], '.4f')}: {verdict}"


def _single_scores(fit: EnsembleFit) -> list[float]:
    return [single.mean("ndcg", CUTOFF) if fit.for_lists else _rmse(single) for single in fit.singles]


def _best_by_lists(fit: EnsembleFit) -> int:
    return int(np.argmax([single.mean("ndcg", CUTOFF) for single in fit.singles]))


def _plain_sentence(names: list[str], fit: EnsembleFit, chosen: Ensemble) -> str:
    """Return in plain words what the lists of the blend are worth, also against another model whose lists are best."""
    best = _best_by_lists(fit)
    alone = None if chosen.weights[best] == 1 else fit.singles[best]
    return describe_lists("This blend", alone, chosen.evaluation, names[best])


def _rmse(evaluation: Evaluation) -> float:
    assert evaluation.rmse is not None, "a blend for ratings has models that predict ratings"
    return evaluation.rmse


def _written_rmse(evaluation: Evaluation) -> str:
    return write_number(_rmse(evaluation), ".4f")


def _judged(chosen: Ensemble, alone: Evaluation, metric: str) -> str:
    """Return the verdict on the blend against a single model, compared person by person."""
    sign, most = 1 if METRICS[metric].higher_is_better else -1, METRICS[metric].bounds[1]
    values = [sign * each.per_user(metric, CUTOFF) for each in (alone, chosen.evaluation)]
    word = judge_all(values, margin=chosen_margin(), bounds=(-most, most))[1, 0].word
    return f"person by person the blend is {word}" if word != UNCLEAR else f"person by person there is {word}"


def _trust(fit: EnsembleFit, chosen: Ensemble | None, left_out: str) -> str:
    """Return how far the fit may flatter the blend: what the same fit reaches on people that it has not seen."""
    noun = get_context().dataset.rating_noun
    is_sample = fit.n_fitted < fit.n_users
    sampled = f" For speed, the weights are fitted on {fit.n_fitted:,} random people." if is_sample else ""
    fair = ""
    if not np.isnan(fit.on_others):
        which = "it" if chosen is fit.uncapped else "the blend without a cap"
        flattered = fit.uncapped.ndcg if fit.for_lists else _rmse(fit.uncapped.evaluation)
        fair = (
            f" Fitted on half of the people and scored on the other half, {which} reaches "
            f"{write_number(fit.on_others, '.4f')} instead of {write_number(flattered, '.4f')}."
        )
    return (
        f"The weights were fitted on these very validation {noun}, which flatters the blend.{fair} What it is worth, "
        f"only what nothing was chosen by can show, such as a sealed test.{sampled} {left_out}"
    )


def _pictures(names: list[str], fit: EnsembleFit, chosen: Ensemble | None, cap: int | None, sentence: str) -> None:
    shown = chosen or fit.uncapped
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Weights at each step of SLSQP**")
        final = ", ".join(f"{name} {w:.3f}" for name, w in zip(names, shown.weights, strict=True))
        show_chart(weight_paths(names, shown.path), key="blend_weights", alt=f"Final weights: {final}.")
    with right:
        if cap is None:
            st.markdown("**Models, weights and slopes**")
            st.dataframe(
                _slopes(names, fit, shown),
                hide_index=True,
                key="blend_slopes",
                alt="How the score changes with each weight.",
                column_config=_COLUMNS,
            )
            return
        st.markdown("**The price of less popular lists**")
        figure = price_of_a_cap(
            [(blend.popularity, blend.ndcg) for blend in fit.blends],
            {
                name: (single.mean("popularity", CUTOFF), single.mean("ndcg", CUTOFF))
                for name, single in zip(names, fit.singles, strict=False)
            },
            chosen=None if chosen is None else fit.blends.index(chosen),
            cap=cap,
            quality_title=f"NDCG@{CUTOFF} on validation",
        )
        show_chart(figure, key="blend_price", alt=sentence)


_COLUMNS = {
    "weight": st.column_config.NumberColumn(format="%.3f"),
    "slope ∂f/∂w": st.column_config.NumberColumn(format="%.4f"),
    "alone": st.column_config.TextColumn(alignment="right"),
}


def _slopes(names: list[str], fit: EnsembleFit, blend: Ensemble) -> pd.DataFrame:
    scores = _single_scores(fit)
    alone = [write_number(score, ".4f") for score in scores] + ["–"] * (len(names) - len(scores))
    return pd.DataFrame({"component": names, "weight": blend.weights, "slope ∂f/∂w": blend.slopes, "alone": alone})


def _board(target: str, fit: EnsembleFit) -> str:
    if target == _RATINGS:
        return (
            "Several models vote, and constrained optimisation finds how much each vote should count: at worst it "
            "returns the model that is best on validation."
        )
    free, last = fit.uncapped, fit.blends[-1]
    return (
        f"The price of a policy such as “recommend fewer bestsellers” can be read off before anybody decides: from "
        f"{free.popularity:.0f} people per item down to {last.popularity:.0f}, NDCG@{CUTOFF} falls from "
        f"{free.ndcg:.3f} to {last.ndcg:.3f}."
    )


def _offer_to_keep(runs: list[Run], names: list[str], fit: EnsembleFit, chosen: Ensemble) -> None:
    """Draw the button that makes the blend a run like others, or pins the run that it already is."""
    kinds = [run.recipe.label for run in runs] + [LESS_POPULAR]
    prints = [run.fingerprint for run in runs] + [""]
    used = [run for run, weight in zip(runs, chosen.weights, strict=False) if weight > 0]
    parts = zip(prints, kinds, chosen.weights.tolist(), strict=False)
    recipe = Blend(
        n_factors=chosen.n_factors,
        parts=tuple(part for part in parts if part[2] > 0),
        standardised=fit.for_lists,
        parts_best_epoch=any(run.recipe.comes_from_best_epoch for run in used),
        imported=tuple(run.fingerprint for run in used if run.recipe.was_imported),
    )
    mixture = ", ".join(f"{w:.3f} of {name}" for w, name in zip(chosen.weights, names, strict=True) if w > 0)
    st.session_state[_SHOWN] = (recipe, chosen, f"Weights fitted on validation by SLSQP: {mixture}.", used)
    known = next((run for run in get_context().runs_with("model") if run.recipe == recipe), None)
    pinned = known if known is not None and known.id in [run.id for run in pinned_runs()] else None
    left, right = st.columns([1, 2.6], vertical_alignment="center")
    left.button(
        "Pin this blend", key="keep_blend", type="primary", icon=":material/push_pin:", on_click=_keep,
        disabled=pinned is not None, width="stretch",
    )  # fmt: skip
    right.caption(
        escape(f"It is pinned as {pinned.label}: see it on Compare, Factors and Person.")
        if pinned
        else "The blend becomes a run of its own on Compare and all other pages. Nothing is trained."
    )


@error_boundary()
def _keep() -> None:
    recipe, blend, notes, used = st.session_state[_SHOWN]
    run = next((run for run in get_context().runs_with("model") if run.recipe == recipe), None)
    if run is None:
        split = get_context().split
        # Of what came in a file no time is known, and then none is shown.
        seconds = 0.0 if recipe.was_imported else sum(store().epochs(part.id)[-1].seconds for part in used)
        order, given = order_to_store_blend(recipe, notes, seconds), blend_to_arrays(blend.model)
        if is_large(get_context().dataset):
            ask_to_keep(Task(KEPT_BLEND, split.data_fingerprint, split.recipe, order=order), given)
            return
        run = store().run(store_blend(store(), split, order, given))
    pin_run(run)


def _numbers(names: list[str], fit: EnsembleFit, blend: Ensemble) -> None:
    """Draw one score of the blend as a sum over its components, and the slopes at the end."""
    left, right = st.columns(2)
    with left:
        person = choose_person()
    with right:
        item = choose_item()
    worked = worked_score(fit.components.models, blend.weights, person, item)
    st.latex(r"s_{ui}=\sum_j w_j\,s^{(j)}_{ui},\qquad \sum_j w_j="
             + "+".join(f"{w:.3f}" for w in blend.weights) + "=1")  # fmt: skip
    terms = [rf"+{w:.3f}\cdot({score:.4f})" for w, score in zip(blend.weights, worked.scores, strict=True)]
    terms[0] = terms[0].removeprefix("+")
    st.latex(rf"\begin{{aligned}}s_{{ui}}&={break_sum(terms)}\\&={worked.total:.7f}\end{{aligned}}")
    if not fit.for_lists:
        st.write("The components stand in the order of the table above, with the slope of the loss along each weight.")
        return
    st.write("The components, in this order, with the slope of the loss along each weight at the end:")
    st.dataframe(
        _slopes(names, fit, blend),
        hide_index=True,
        key="blend_parts",
        alt="The weight of each model in the ensemble.",
        column_config=_COLUMNS,
    )
