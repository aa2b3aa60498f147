"""Say what a training did, as far as its film carries it."""

from collections.abc import Callable
from dataclasses import dataclass

from recsys_core.comparison.verdicts import MARGIN
from recsys_core.film.film import Film
from recsys_core.film.memorising import STILL_LEARNS, plateau_start, share_put_right, still_improves
from recsys_core.film.parting import parted_at
from recsys_core.percent import percent

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_MOST_NAMED = 3


@dataclass(frozen=True)
class Findings:
    """What a film shows: epochs by number, None where the data do not carry the claim.

    `parted` has, for each group, the epoch after which it has parted. From epoch `plateau` on, validation NDCG@10 is
    known to rise by less than the margin; `put_right` is the share of wrong training pairs that it puts right.
    `still_rising` says whether the validation NDCG@10 was still rising at the end.
    """

    parted: tuple[int | None, ...]
    plateau: int | None
    put_right: float
    still_rising: bool

    @property
    def memorises(self) -> bool:
        """Whether the fit to the training ratings goes on improving where the lists do not."""
        return self.plateau is not None and self.put_right >= STILL_LEARNS


def find(film: Film, *, predicts_ratings: bool) -> Findings:
    """Return what a film shows.

    Of a model that predicts ratings it is not said that it memorises: its lists may stand still while its guesses of
    ratings still improve.
    """
    parted = [
        None if frame is None else int(film.numbers[frame]) for frame in parted_at(film.nearest_own, film.p_values)
    ]
    first = int(film.numbers[0] == 0)  # the state before the first pass is no training
    plateau = None if predicts_ratings else plateau_start(film.ndcg[first:])
    frame = None if plateau is None else plateau + first
    return Findings(
        parted=tuple(parted),
        plateau=None if frame is None else int(film.numbers[frame]),
        put_right=0.0 if frame is None else share_put_right(film.fit, frame),
        still_rising=not predicts_ratings and still_improves(film.ndcg[first:]),
    )


def describe(film: Film, findings: Findings, *, kind: str, in_plain_words: bool = False) -> str:
    """Return one or two sentences; `kind` is what the groups are, "taste" or "genre". Empty where nothing is known.

    Shares of the training stand for epochs `in_plain_words`.
    """

    def when(epoch: int) -> str:
        return f"{percent(epoch / max(film.numbers[-1], 1))} of the training" if in_plain_words else f"epoch {epoch}"

    parting, learning = _describe_parting(film, findings, kind, when), _describe_learning(findings, when)
    return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in (parting, learning) if sentence)


def define(film: Film, findings: Findings, *, kind: str) -> str:
    """Return what the words of `describe` mean here, with the numbers behind them."""
    sentences = []
    if film.groups:
        low, high = film.nearest_own[-1].min(), film.nearest_own[-1].max()
        sentences.append(
            f"Parted: more than half of a {kind}'s items lie nearest to their own {kind} in all factors, from then "
            f"on and beyond chance (at the end {percent(low)} do in the {kind} that has parted least, "
            f"{percent(high)} in the one that has parted most)."
        )
    if findings.memorises:
        sentences.append(
            f"Memorises: after that epoch {percent(findings.put_right)} of the wrongly ordered training pairs are put "
            f"right, while NDCG@10 on validation rises by less than {MARGIN:.0%} (95% confidence)."
        )
    return " ".join(sentences)


def _describe_parting(film: Film, findings: Findings, kind: str, when: Callable[[int], str]) -> str:
    count = len(film.groups)
    if not count:
        return ""
    parted = [(name, epoch) for name, epoch in zip(film.groups, findings.parted, strict=True) if epoch is not None]
    if len(parted) == count:
        last, all_of_them = max(epoch for _, epoch in parted if epoch is not None), f"the {_word(count)} {kind}s"
        return f"after {when(last)} {all_of_them} have parted" if last else f"{all_of_them} are apart from the start"
    if not parted:
        return f"none of the {_word(count)} {kind}s has parted from the others by the end"
    names = [name for name, _ in parted]
    named = f" ({', '.join(names)})" if len(names) <= _MOST_NAMED else ""
    have = "has" if len(parted) == 1 else "have"
    return f"by the end {_word(len(parted))} of the {_word(count)} {kind}s {have} parted from the others{named}"


def _describe_learning(findings: Findings, when: Callable[[int], str]) -> str:
    if findings.memorises and findings.plateau is not None:
        return f"from {when(findings.plateau)} on it only memorises"
    if findings.plateau is not None:
        return f"from {when(findings.plateau)} on its lists hardly get better"
    if findings.still_rising:
        return "the lists were still getting better at the end"
    return ""


def _word(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count}"
