"""One step of training on pairs with its numbers: the scores, the force, the gradient, before and after."""

from collections.abc import Iterator

import numpy as np
import streamlit as st

from pages.shared.text import escape
from pages.views.train.step_tables import Material, minus, show_matrices, show_numbers, window
from recsys_core.algorithms.bpr import BPR
from recsys_core.algorithms.lambdarank import LambdaRank
from recsys_core.per_user.worked_pairs import FACTOR, FORCE, SQUARES, SWAP, PairState, PairStep


def draw_pair_step(material: Material, recipe: BPR | LambdaRank, step: PairStep, number: int) -> None:
    """Draw what step `number` does to the factors, and every number on the way from the scores to the new factors."""
    st.markdown(f"**Step {number}. {escape(_headline(material, step))}**")
    own = material.train.items[material.train.of(step.user)]
    show_matrices(
        material,
        (step.before.users, step.before.items, step.before.bias),
        (step.after.users, step.after.items, step.after.bias),
        (window([step.user], [], len(material.people)), window(step.items, own, len(material.items))),
        FACTOR,
    )
    if step.swaps is None:
        for line in _one_pair(step):
            st.latex(line)
    else:
        _show_pairs(material, recipe, step)
    st.latex(
        r"g_{p}=\textstyle\sum_i\frac{\partial C}{\partial s_i}q_i+2\lambda\,p,\qquad "
        r"g_{q_i}=\frac{\partial C}{\partial s_i}p+2\lambda_i q_i,\qquad "
        r"g_{b_i}=\frac{\partial C}{\partial s_i}+2\lambda_i b_i,\qquad "
        rf"\theta\leftarrow\theta-\frac{{{recipe.learning_rate:g}\,g}}{{\sqrt{{\sum g^2}}}}"
    )
    show_numbers(list(_parameters(material, step)), key="one_step_parameters", texts=["of", "parameter"])
    st.caption(
        "Σg² holds the squares of all gradients so far, from 0.000001 on (Adagrad): the first step of a number is "
        f"about as long as the learning rate, {recipe.learning_rate:g}, and later ones are shorter. An item's share of "
        "the penalty has grown since its last step. Training draws many pairs of many people at a time and adds up "
        "their gradients before it takes this same step."
    )


def _headline(material: Material, step: PairStep) -> str:
    person = material.people[step.user]
    if not step.forces.any():
        return f"These pairs of {person} exert no force."
    if step.swaps is not None:
        best = step.pairs[int(np.argmax(step.forces))]
        i, j = (material.items[each] for each in best)
        return f"Of these pairs of {person}, the strongest force lifts {i} above {j}."
    i, j = step.chosen[0], step.others[0]
    lead_before, lead_after = (_lead(state, step.user, i, j) for state in (step.before, step.after))
    return (
        f"{person} prefers {material.items[i]} to {material.items[j]}: its lead goes from "
        f"{minus(lead_before, FACTOR)} to {minus(lead_after, FACTOR)}."
    )


def _lead(state: PairState, user: int, i: int, j: int) -> float:
    """Return x̂_uij from the scores as they are printed."""
    scores = np.round(state.items[[i, j]] @ state.users[user] + state.bias[[i, j]], FACTOR)
    return float(np.round(scores[0] - scores[1], FACTOR))


def _one_pair(step: PairStep) -> list[str]:
    """Return the scores of a pair, their difference and the force in LaTeX."""
    (i,), (j,) = step.chosen, step.others
    p, q, b = step.before.users[step.user], step.before.items, step.before.bias
    lead = float(np.round(step.scores[i] - step.scores[j], FACTOR))
    return [
        rf"\hat x_{{ui}}=p^{{\top}}q_i+b_i={_dot(p, q[i])}+{_in_brackets(b[i])}={step.scores[i]:.{FACTOR}f}",
        rf"\hat x_{{uj}}=p^{{\top}}q_j+b_j={_dot(p, q[j])}+{_in_brackets(b[j])}={step.scores[j]:.{FACTOR}f}",
        rf"\hat x_{{uij}}=\hat x_{{ui}}-\hat x_{{uj}}={lead:.{FACTOR}f},\qquad "
        rf"1-\sigma(\hat x_{{uij}})=\frac{{1}}{{1+e^{{{lead:.{FACTOR}f}}}}}={step.forces[0]:.{FORCE}f},\qquad "
        rf"\frac{{\partial C}}{{\partial s_i}}={step.by_score[0]:.{FORCE}f},\quad "
        rf"\frac{{\partial C}}{{\partial s_j}}={step.by_score[1]:.{FORCE}f}",
    ]


def _show_pairs(material: Material, recipe: LambdaRank | BPR, step: PairStep) -> None:
    """Draw the pairs of LambdaRank with ranks, |ΔNDCG|, weight and λ."""
    assert isinstance(recipe, LambdaRank)
    if step.scale == 0:
        st.caption(
            f"No swap of these items changes NDCG@{recipe.truncation}, because none of them is among the first "
            f"{recipe.truncation}: c is 0, and all that is left of the weights is the uniform share f."
        )
    st.latex(
        rf"w_{{ij}}=\frac{{{recipe.floor:g}+{1 - recipe.floor:g}\cdot {step.scale:.{FORCE}f}\,|\Delta"
        rf"\mathrm{{NDCG}}_{{ij}}|}}{{{len(step.others)}}},\qquad "
        r"\lambda_{ij}=\frac{-w_{ij}}{1+e^{\,s_i-s_j}},\qquad "
        r"\frac{\partial C}{\partial s_i}=\sum_j\lambda_{ij}-\sum_j\lambda_{ji}"
    )
    rows: list[dict[str, str | int]] = [
        {
            "chosen i": material.items[i],
            "other j": material.items[j],
            "rank of i": int(step.ranks[i]),
            "rank of j": int(step.ranks[j]),
            "sᵢ − sⱼ": minus(float(np.round(step.scores[i] - step.scores[j], FACTOR)), FACTOR),
            "|ΔNDCG|": minus(float(step.swaps[at]), SWAP) if step.swaps is not None else "",
            "w": minus(float(step.weights[at]), FORCE),
            "λᵢⱼ": minus(-float(step.forces[at]), FORCE),
        }
        for at, (i, j) in enumerate(step.pairs)
    ]
    show_numbers(rows, key="one_step_pairs", texts=["chosen i", "other j"])


def _parameters(material: Material, step: PairStep) -> Iterator[dict[str, str]]:
    """Yield a row for every number that moves: before, gradient, sum of squares, after."""
    before, after, user = step.before, step.after, step.user
    for f, gradient in enumerate(step.gradient_user):
        yield {
            "of": material.people[user],
            "parameter": f"p{_subscript(f)}",
            "∂C/∂s": "",
            "2λ": minus(step.owed_by_user, FORCE),
            **_moved(gradient, before.users[user, f], before.squares_users[user, f], after.users[user, f],
                     after.squares_users[user, f]),
        }  # fmt: skip
    for at, item in enumerate(step.items):
        shared = {"∂C/∂s": minus(step.by_score[at], FORCE), "2λ": minus(step.owed[at], FORCE)}
        for f, gradient in enumerate(step.gradient_items[at]):
            yield {
                "of": material.items[item],
                "parameter": f"q{_subscript(f)}",
                **shared,
                **_moved(gradient, before.items[item, f], before.squares_items[item, f], after.items[item, f],
                         after.squares_items[item, f]),
            }  # fmt: skip
        yield {
            "of": material.items[item],
            "parameter": "b",
            **shared,
            **_moved(step.gradient_bias[at], before.bias[item], before.squares_bias[item], after.bias[item],
                     after.squares_bias[item]),
        }  # fmt: skip


def _moved(gradient: float, before: float, squares_before: float, after: float, squares: float) -> dict[str, str]:
    return {
        "before": minus(before, FACTOR),
        "gradient g": minus(gradient, FORCE),
        "Σg² before": minus(squares_before, SQUARES),
        "Σg²": minus(squares, SQUARES),
        "after": minus(after, FACTOR),
    }


def _dot(p: np.ndarray, q: np.ndarray) -> str:
    return "+".join(rf"{_in_brackets(a)}\cdot{_in_brackets(b)}" for a, b in zip(p, q, strict=True))


def _in_brackets(value: float) -> str:
    text = f"{value + 0.0:.{FACTOR}f}"
    return f"({text})" if text.startswith("-") else text


def _subscript(f: int) -> str:
    return "₁₂₃₄₅₆₇₈"[f]
