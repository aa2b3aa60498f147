"""What the scrubber says of a number of tastes k, in words a stakeholder can repeat."""

from recsys_core.evaluation.truncation_sweep import TruncationSweep
from recsys_core.metrics.ranking import CUTOFF

_SAME = 0.02  # a share by which two NDCGs may differ and still be called alike


def honest_sentence(sweep: TruncationSweep, place: int, popularity: float | None) -> str:
    """What the model at this place of `sweep.ks` is worth, beside popularity and the other k."""
    k, explained = sweep.ks[place], sweep.explained[place]
    if popularity is None:
        return (
            f"With {_tastes(k)} the guess explains {explained:.0%} of the table. Nothing is held out, "
            "so nobody can tell whether it has learned tastes or memorised choices."
        )
    value, best = sweep.ndcg[place], sweep.ndcg.max()
    text = f"With {_tastes(k)}, NDCG@{CUTOFF} on held-out choices is {value:.3f}, {_beside(value, popularity)}"
    if k > sweep.best_k and value < (1 - _SAME) * popularity:
        return text + (
            f", though the guess explains {explained:.0%} of the table. "
            "It memorises individual choices instead of tastes."
        )
    if k == sweep.best_k:
        return text + ". No other k scores higher."
    if value >= (1 - _SAME) * best:
        return text + f". That is within {_SAME:.0%} of the best, k = {sweep.best_k}."
    return text + f". {'More' if k < sweep.best_k else 'Fewer'} tastes score higher."


def _beside(value: float, popularity: float) -> str:
    """'12% above popularity (0.215)'."""
    if not popularity:
        return "where popularity finds none"
    change = round(100 * (value / popularity - 1))
    if change == 0:
        return f"level with popularity ({popularity:.3f})"
    return f"{abs(change)}% {'above' if change > 0 else 'below'} popularity ({popularity:.3f})"


def leaky_sentence(leaky: TruncationSweep, honest: TruncationSweep, place: int) -> str:
    """What a test that the model has seen says, and what it would make a person choose."""
    text = (
        f"The leaky test gives {_tastes(leaky.ks[place])} an NDCG@{CUTOFF} of {leaky.ndcg[place]:.3f}; "
        f"the honest one gives {honest.ndcg[place]:.3f}. "
    )
    if leaky.best_k == honest.best_k:
        return text + f"Here both would choose k = {honest.best_k}."
    return text + f"It would choose k = {leaky.best_k}, where the honest one chooses k = {honest.best_k}."


def badge(sweep: TruncationSweep, k: int, planted: int | None) -> str:
    """What there is to say of this k: that it was planted, or that it is the best."""
    if len(sweep.ndcg) == 0:
        return ""
    if k == planted and k == sweep.best_k:
        return f"✓ The best k is the planted number of tastes: {k}"
    if k == planted:
        return f"{k} tastes were planted; the best k here is {sweep.best_k}"
    return "The best k on these ratings" if planted is None and k == sweep.best_k else ""


def banner(leaky: TruncationSweep) -> str:
    """How much of the test the model had seen."""
    return f"The model had seen {leaky.n_leaked:,} of {leaky.n_held_out:,} held-out ratings"


def whose_choices(n_wanted: int, *, leak: bool) -> str:
    """What "right" means in a list of somebody of whom `n_wanted` choices are held out."""
    if n_wanted == 0:
        return "Nothing of this person is held out, so there is nothing to compare with."
    choices = f"{n_wanted} {'choice' if n_wanted == 1 else 'choices'} of this person"
    if leak:
        return f"This proves nothing: the model had learned from the {choices} that it is asked for."
    return f"Right: among the {choices} that were kept back from the model."


def _tastes(k: int) -> str:
    return f"k = {k} {'taste' if k == 1 else 'tastes'}"
