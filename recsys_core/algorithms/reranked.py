"""Re-ranked lists: those of a trained model, filtered and put in another order."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.data.interactions import Interactions
from recsys_core.data.nouns import join_words
from recsys_core.errors import InputError
from recsys_core.parameters import choice, number

NO_AIM, DIVERSITY, CALIBRATION = "none", "diversity", "calibration"
_LATER = ("attribute", "between", "owned", "n_owned", "described_by", "parent_best_epoch")


@dataclass(frozen=True)
class Reranked(Algorithm):
    """How the lists of a trained model were filtered and re-ranked.

    `parent` is the fingerprint of the model's run, `parent_label` what the model is, and `parent_leaks` the held-out
    subsets that it may have been trained on, which its lists inherit; `parent_imported` says that it, or a part of it,
    came in a file, so that nobody knows how long its training took. `only` names the values of which an item must have
    one; () lets all through. They are values of `attribute`, by which items are also described for the aim and the
    limit; "" means genres, and for the aim planted tastes where there are any. `described_by` is the fingerprint of the
    attribute, "" where there was none: it may be loaded later, and then the lists are others. `between` are the least
    and the largest number that an item may have instead, where the attribute has numbers. `owned` is the fingerprint of
    the `n_owned` pairs of user and item that are left out, "" where none are. What has no effect has its neutral value,
    so that equal lists have equal recipes. `parent_best_epoch` says that the parent comes from a best epoch.
    """

    objective_label = "Nothing is learned"
    equation = r"\max_i\;(1-\lambda)\,s_{ui}+\lambda\,\mathrm{gain}(i \mid L_u)"
    meaning = "The lists of a trained model, filtered and put in another order."
    is_stochastic = False

    parent: str = ""
    parent_label: str = ""
    parent_leaks: tuple[str, ...] = ()
    parent_imported: bool = False
    aim: str = choice(NO_AIM, "Re-ranked for", "What the order of a list trades relevance for.",
                      options=(NO_AIM, DIVERSITY, CALIBRATION))  # fmt: skip
    dial: float = number(0.0, "Weight of the aim", "0 keeps the model's own order, at 1 only the aim counts.",
                         bounds=(0, 1), typical=(0, 1))  # fmt: skip
    only: tuple[str, ...] = ()
    most_people: float = number(1.0, "Most popular item", "The largest share of people who may have chosen an item.",
                                bounds=(0, 1), typical=(0, 1))  # fmt: skip
    most_per_genre: int = number(0, "Items per genre", "At most so many of a genre among the first; 0 sets no limit.",
                                 bounds=(0, 1000), typical=(0, 10))  # fmt: skip
    owned: str = ""
    n_owned: int = 0
    length: int = number(0, "Places with that limit", "Among how many first items the limit per genre holds.",
                         bounds=(0, 1000), typical=(0, 50))  # fmt: skip
    attribute: str = ""
    between: tuple[float, ...] = ()
    parent_best_epoch: bool = False
    described_by: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        neutral: dict[str, object] = {name: tuple(getattr(self, name)) for name in ("parent_leaks", "only", "between")}
        if self.aim == NO_AIM or self.dial == 0:
            neutral |= {"aim": NO_AIM, "dial": 0.0}
        if not self.most_per_genre or not self.length:
            neutral |= {"most_per_genre": 0, "length": 0}
        if not (self.only or self.between or self.most_per_genre) and "aim" in neutral:
            neutral |= {"attribute": "", "described_by": ""}
        for name, value in neutral.items():
            object.__setattr__(self, name, value)  # as in Recipe; JSON makes lists of tuples

    def settings(self) -> dict[str, Any]:
        """Return the values by field name, without an attribute, a range or owned items if there are none.

        So the fingerprints of lists stay what they were before there was a choice, and so it is with a best epoch.
        """
        settings = super().settings()
        return {name: value for name, value in settings.items() if value or name not in _LATER}

    @property
    def has_filters(self) -> bool:
        """Whether some items are left out or held back."""
        return bool(self.only or self.between or self.most_people < 1 or self.most_per_genre or self.owned)

    @property
    def uses_attributes(self) -> bool:
        """Whether what is known of the items, where anything is, decides on the lists."""
        return bool(self.only or self.between or self.most_per_genre or self.aim != NO_AIM)

    @property
    def changes_anything(self) -> bool:
        """Whether lists may differ from the model's own."""
        return self.has_filters or self.aim != NO_AIM

    @property
    def label(self) -> str:  # type: ignore[override]  # it says what was done, elsewhere it belongs to the class
        steps = ["filtered"] * self.has_filters
        by = f" of {self.attribute}" if self.attribute else ""
        steps += [f"re-ranked for {self.aim}{by} {self.dial:g}"] * (self.aim != NO_AIM)
        return ", ".join(filter(None, [self.parent_label or "Lists", join_words(steps)]))

    @property
    def filters_sentence(self) -> str:
        """Which items the lists may hold, in words; '' where all."""
        rules = []
        of = f"{self.attribute} " if self.attribute else ""
        if self.only:
            rules.append(f"only {of}{' or '.join(self.only)}")
        if self.between:
            rules.append(f"only {of}{' to '.join(f'{end:.10g}'.replace('-', '−') for end in self.between)}")
        if self.most_people < 1:
            rules.append(f"only items that at most {100 * self.most_people:g}% of the people have chosen in training")
        if self.most_per_genre:
            what = f"of the same {self.attribute}" if self.attribute else "of a genre"
            rules.append(f"at most {self.most_per_genre} {what} among the first {self.length}")
        if self.owned:
            rules.append(f"without the {self.n_owned:,} pairs of person and item of a file (fingerprint {self.owned})")
        return f"Filters: {'; '.join(rules)}." if rules else ""

    @property
    def possibly_leaked_subsets(self) -> tuple[str, ...]:  # type: ignore[override]  # it depends on the parent
        """What the parent may have been trained on."""
        return self.parent_leaks

    @property
    def caution(self) -> str:  # type: ignore[override]  # as above
        """What must be said beside its numbers: what holds for the model that was re-ranked."""
        sentences = []
        if self.parent_leaks:
            sentences.append(
                f"It re-ranks a model that may have been trained on {' and '.join(self.parent_leaks)} data, and then "
                "its numbers there are too good."
            )
        if self.parent_imported and "test" not in self.parent_leaks:
            sentences.append(
                "The model that it re-ranks, or a part of it, came in a file, which says that it was trained on the "
                "training part of this split. That cannot be checked here."
            )
        return " ".join(sentences)

    @property
    def comes_from_best_epoch(self) -> bool:
        """Whether the model that was re-ranked does."""
        return self.parent_best_epoch

    @property
    def was_imported(self) -> bool:  # type: ignore[override]  # as above
        """Whether the model that was re-ranked, or a part of it, came in a file."""
        return self.parent_imported

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        raise InputError(
            "Re-ranked lists cannot be trained. Train the model that they were made of, and re-rank its lists again."
        )
