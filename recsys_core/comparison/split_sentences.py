"""Describe a split: the shares requested and obtained, who is scored, and what the method leaks."""

from recsys_core.data.cleaning import KCore, restore_steps
from recsys_core.data.dataset import Dataset
from recsys_core.data.nouns import count_noun, join_words, singular
from recsys_core.data.split import BY_SHARES, LEAKS, OLD_BY_TIME, Split
from recsys_core.data.split_check import (
    SUBSETS,
    future_shares,
    missed_subsets,
    n_of_new_items,
    n_scored,
    reachable_recall,
    scored_subsets,
    subset_shares,
)
from recsys_core.percent import percent

CORE_CAUTION = (
    "A k-core leaves out people and items with few entries, whether these would be learned from or held out. They are "
    "the hardest to predict, so numbers on a core tend to be higher than on all of the data."
)
LABELS = dict(zip(SUBSETS, ("training", "validation", "test", "left out"), strict=True))


def counts_sentence(split: Split) -> str:
    """'69,997 training · 1,808 validation · 871 test · 27,570 left out', the last only where there are any."""
    counts = {name: getattr(split, name).n_interactions for name in SUBSETS}
    return " · ".join(f"{n:,} {LABELS[name]}" for name, n in counts.items() if n or name != "left_out")


def split_headline(split: Split) -> str:
    """Return whether the subsets overlap, and how many people the comparison rests on."""
    n_twice = split.n_overlaps()
    noun = split.rating_noun
    verb = "appears" if n_twice == 1 else "appear"
    clean = f"No {singular(noun)} appears in two parts"
    if n_twice:
        clean = f"{count_noun(n_twice, noun)} {verb} in two parts"
    subset = "test" if n_scored(split, "test") else "validation"
    count, n_people = n_scored(split, subset), _n_people(split, *SUBSETS)
    if not count:
        return f"{clean}; nobody is scored."
    people = f"all {n_people:,} people" if count == n_people > 1 else f"{count:,} of {_people(n_people)}"
    return f"{clean}; {people} {'is' if count == 1 else 'are'} scored on {subset} {noun}."


def split_rows(split: Split) -> list[dict[str, str | int]]:
    """Return a row per subset: the share asked for, and the share, ratings, people and items that it got."""
    requested, actual = _requested(split), subset_shares(split)
    rows = []
    for name in SUBSETS:
        subset = getattr(split, name)
        if name != "left_out" or subset.n_interactions:
            rows.append(
                {
                    "subset": LABELS[name],
                    "requested": requested[name],
                    "actual": percent(actual[name]),
                    split.rating_noun: subset.n_interactions,
                    "people": _n_people(split, name),
                    "items": int((subset.users_per_item > 0).sum()),
                }
            )
    return rows


def missed_sentence(split: Split) -> str:
    """Return a warning where much more or less is held out than requested, with the reason; '' where not."""
    missed = missed_subsets(split)
    if not missed:
        return ""
    requested, actual = _requested(split), subset_shares(split)
    held_out = join_words(
        [
            f"{percent(actual[name])} of the {split.rating_noun} for {name} instead of {requested[name]}"
            for name in missed
        ]
    )
    reasons = {
        "random per user": f"Each person's share is rounded to whole {split.rating_noun}, and everyone keeps one for "
        "training.",
        "strictly by time": "What happened at one moment stays together"
        + (", and people who are new after training ends are left out." if split.left_out.n_interactions else "."),
        OLD_BY_TIME: "This older split scores nobody who is new after training ends.",
    }
    return f"The split holds out {held_out}. {reasons[split.recipe.method]}"


def scored_sentence(split: Split) -> str:
    """'15 people are scored on validation, 10 on test.'"""
    counts = {subset: n_scored(split, subset) for subset in scored_subsets(split)}
    if not counts:
        return "Nobody is scored."
    (subset, count), *others = counts.items()
    be = "is" if count == 1 else "are"
    return ", ".join([f"{_people(count)} {be} scored on {subset}", *(f"{n:,} on {other}" for other, n in others)]) + "."


def left_out_sentence(split: Split) -> str:
    """Return how much is left out and why; '' where nothing is.

    People whose first rating is of the validation period are unknown in the test period too.
    """
    n = split.left_out.n_interactions
    if not n:
        return ""
    return (
        f"{count_noun(n, split.rating_noun)} ({percent(subset_shares(split)['left_out'])}) "
        f"of {_people(_n_people(split, 'left_out'))} who came after training ended. They can be neither learned "
        "from nor scored."
    )


def learned_only_sentence(split: Split) -> str:
    """Return how many people models learn from who are not scored; '' where there are none."""
    if not split.n_kept_whole:
        return ""
    have = "has" if split.n_kept_whole == 1 else "have"
    return f"{_people(split.n_kept_whole)} {have} nothing held out: models learn from them and are not scored on them."


def split_facts(dataset: Dataset, split: Split, subset: str) -> dict[str, str]:
    """Return, by a short title, everything else worth knowing before a score on `subset` is trusted."""
    facts = {
        "Who is scored": scored_sentence(split),
        "Training only": learned_only_sentence(split),
        "Left out": left_out_sentence(split),
        "Cleaned": CORE_CAUTION if _is_core(dataset) else "",
        "New items": new_items_sentence(split, subset),
        "Leakage": leak_sentence(dataset, split),
    }
    return {title: sentence for title, sentence in facts.items() if sentence}


def new_items_sentence(split: Split, subset: str) -> str:
    """Return how many held-out ratings a model can find only by chance; '' where nothing relevant is held out."""
    held_out = getattr(split, subset)
    n_ratings = held_out.relevant.n_interactions
    if not n_ratings:
        return ""
    noun = singular(split.rating_noun)
    words = f"{subset} {noun}" if n_ratings == held_out.n_interactions else f"relevant {subset} {noun}"
    n_new = n_of_new_items(split, subset)
    if not n_new:
        return f"Every {words} is of an item that is known from training."
    return (
        f"{n_new:,} of {n_ratings:,} {words}s ({percent(n_new / n_ratings)}) are of items that training does not "
        "know, which models find only by chance. Without such luck, recall is at most "
        f"{reachable_recall(split, subset):.2f} on average."
    )


def leak_sentence(dataset: Dataset, split: Split) -> str:
    """Return what the method leaks by nature and, where times are known, how much that is here."""
    nature, later = LEAKS[split.recipe.method], future_shares(dataset, split)
    if later is None:
        return nature
    subset, noun = "test" if split.test.n_interactions else "validation", split.rating_noun
    sentence = (
        f"{nature} Averaged over each person's {subset} {noun} and then over people, {percent(later.of_all)} of all "
        f"training {noun}, and {percent(later.of_own)} of the person's own, are later than the {subset} "
        f"{singular(noun)}."
    )
    return sentence if split.recipe.method == "strictly by time" else f"{sentence} Split strictly by time, both are 0%."


def _is_core(dataset: Dataset) -> bool:
    if dataset.origin.get("kind") != "mended":
        return False
    return any(isinstance(step, KCore) for step in restore_steps(dataset.origin["steps"]))


def _requested(split: Split) -> dict[str, str]:
    recipe = split.recipe
    shares = {"validation": recipe.validation, "test": recipe.test}
    if recipe.method in BY_SHARES:
        words = {name: f"{100 * share:g}%" for name, share in shares.items()}
        words["train"] = f"{100 * (1 - recipe.validation - recipe.test):g}%"
    else:
        words = {name: "one per person" if share else "none" for name, share in shares.items()}
        words["train"] = "the rest"
    if recipe.learns_from_validation:
        words |= {"validation": "in training", "train": "the rest"}
    return {**words, "left_out": ""}


def _n_people(split: Split, *parts: str) -> int:
    return int((sum(getattr(split, name).items_per_user for name in parts) > 0).sum())


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"
