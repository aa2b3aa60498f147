"""Describe a model with k tastes in words that a stakeholder can repeat."""

from collections.abc import Mapping

from recsys_core.data.nouns import count_noun
from recsys_core.evaluation.truncation_sweep import TruncationSweep
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.percent import percent

_SAME = 0.02  # a share by which two NDCGs may differ and still be called alike
_LEVEL = 0.005  # a share of popularity's NDCG by which another one may differ and still be called level with it


def describe_honest(sweep: TruncationSweep, index: int, popularity: float | None, *, in_plain_words: bool) -> str:
    """Return what the model with `sweep.ks[index]` tastes is worth, beside popularity and the other k."""
    k, explained = sweep.ks[index], sweep.explained[index]
    if popularity is None:
        return (
            f"With {_name_tastes(k)} the guess explains {percent(explained)} of the table. Nothing is held out, "
            "so nobody can tell whether it has learned tastes or memorised choices."
        )
    value, best = sweep.ndcg[index], sweep.ndcg.max()
    text = f"With {_name_tastes(k)}, NDCG@{CUTOFF} on held-out choices is {value:.3f}, {_compare(value, popularity)}"
    if in_plain_words:
        text = f"With {_name_tastes(k)}, lists {_compare_plainly(value, popularity)}"
    if k > sweep.best_k and value < (1 - _SAME) * popularity:
        return text + (
            f", though the guess explains {percent(explained)} of the table. "
            "It memorises individual choices instead of tastes."
        )
    if k == sweep.best_k:
        return text + ". No other k scores higher."
    if value >= (1 - _SAME) * best:
        return text + f". That is within {_SAME:.0%} of the best, k = {sweep.best_k}."
    return text + f". {'More' if k < sweep.best_k else 'Fewer'} tastes score higher."


def _compare(value: float, popularity: float) -> str:
    """Return '12% above popularity (0.215)' and the like."""
    if not popularity:
        return "where popularity scores 0"
    change = value / popularity - 1
    if abs(change) < _LEVEL:
        return f"level with popularity ({popularity:.3f})"
    return f"{percent(abs(change))} {'above' if change > 0 else 'below'} popularity ({popularity:.3f})"


def _compare_plainly(value: float, popularity: float) -> str:
    """Return 'score 12% above the most popular items' and the like."""
    if not popularity:
        return f"find {'something where' if value else 'nothing, as'} the most popular items find nothing"
    change = value / popularity - 1
    if abs(change) < _LEVEL:
        return "score level with the most popular items"
    return f"score {percent(abs(change))} {'above' if change > 0 else 'below'} the most popular items"


def describe_leaky(leaky: TruncationSweep, honest: TruncationSweep, index: int, *, in_plain_words: bool) -> str:
    """Return what a test that the model was trained on says, and which k it would make a person choose."""
    text = (
        f"With {_name_tastes(leaky.ks[index])}, the leaking test makes the lists look "
        f"{leaky.ndcg[index] / max(honest.ndcg[index], 1e-12):.1f} times as good as the honest one. "
        if in_plain_words and honest.ndcg[index] > 0
        else f"The leaking test gives {_name_tastes(leaky.ks[index])} an NDCG@{CUTOFF} of {leaky.ndcg[index]:.3f}; "
        f"the honest one gives {honest.ndcg[index]:.3f}. "
    )
    if leaky.best_k == honest.best_k:
        return text + f"Here both would choose k = {honest.best_k}."
    return text + f"It would choose k = {leaky.best_k}, where the honest one chooses k = {honest.best_k}."


def describe_k(sweep: TruncationSweep, k: int, planted: int | None) -> str:
    """Return that k is the planted number of tastes or the best one; '' where it is neither."""
    if len(sweep.ndcg) == 0:
        return ""
    if k == planted and k == sweep.best_k:
        return f"✓ The best k is the planted number of tastes: {k}"
    if k == planted:
        return f"{k} tastes were planted; the best k here is {sweep.best_k}"
    return "The best k on this data" if planted is None and k == sweep.best_k else ""


def describe_leak(leaky: TruncationSweep) -> str:
    """Return how much of the test the model was trained on."""
    return f"The model was trained on {leaky.n_leaked:,} of {count_noun(leaky.n_held_out, 'choices', 'held-out')}"


def describe_list(n_wanted: int, *, leak: bool) -> str:
    """Return what "right" means in the list of a person of whom `n_wanted` choices are held out."""
    if n_wanted == 0:
        return "Nothing of this person is held out, so there is nothing to compare with."
    choices = f"{n_wanted} {'choice' if n_wanted == 1 else 'choices'}"
    if leak:
        return f"This proves nothing: the model was trained on the {choices} that it is tested on."
    return f"Right: one of this person's {choices} that the model has not seen."


def _name_tastes(k: int) -> str:
    return f"k = {k} {'taste' if k == 1 else 'tastes'}"


def describe_terms(levels: Mapping[str, float], planted: int | None) -> str:
    """Return what the reference lines of the curve and the mark of the planted number mean."""
    meanings = {
        "Oracle": "Oracle: lists by somebody who knows how the data were made, the most that can be reached on average",
        "Popularity": "Popularity: the same best-sellers for everyone",
        "Random": "Random: any items",
    }
    parts = [meaning for name, meaning in meanings.items() if name in levels]
    if planted is not None:
        parts.append(f"Planted: these data were generated with {planted} tastes")
    return ". ".join([*parts, ""]).strip()
