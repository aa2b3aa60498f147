"""What the truth meter says, in sentences for people who never heard of propensities."""

from collections.abc import Mapping

from recsys_core.data.nouns import join_words
from recsys_core.evaluation.bootstrap import LEVEL
from recsys_core.percent import percent
from recsys_core.truth.estimators import ESTIMATORS, FULL
from recsys_core.truth.meter import TASTE_ORACLE, TruthMeter
from recsys_core.truth.worlds import Tally

POPULARITY = "Popularity"
_ALLOWED = f"{1 - LEVEL:.0%}"


def describe_meter(meter: TruthMeter) -> str:
    """Say whether the usual test puts the truly best model first, and what popular items look like and are worth."""
    tested, true = meter.means(FULL), meter.true_means
    named, best = meter.winner(FULL), meter.true_winner
    title = meter.title
    names = [f"a model that knows everyone's tastes ({name})" if name == TASTE_ORACLE else name for name in meter.names]
    if named == best:
        text = (
            f"The test puts the right model first: {names[best]}, with {title} {tested[best]:.3f} in the test and "
            f"{true[best]:.3f} by what people really prefer."
        )
    else:
        text = (
            f"The test puts the wrong model first: {names[named]} leads with {title} {tested[named]:.3f}. By what "
            f"people really prefer, it has {true[named]:.3f}, and {names[best]} has {true[best]:.3f}."
        )
        if best_known := _among_known(meter):
            text += f" {best_known}"
    if POPULARITY in names and POPULARITY not in (names[named], names[best]):
        index = list(names).index(POPULARITY)
        text += f" {POPULARITY} looks like {tested[index]:.3f} and is worth {true[index]:.3f}."
    return text


def _among_known(meter: TruthMeter) -> str:
    """Say whether the test puts first the best of the models that one can have, where the oracle is best of all."""
    if meter.names[meter.true_winner] != TASTE_ORACLE:
        return ""
    known = meter.without_oracle()
    named, best = known.winner(FULL), known.true_winner
    if named == best:
        return "Of the models that one can have, it puts the best first."
    by = known.true_means[best] - known.true_means[named]
    return f"Of the models that one can have, {known.names[best]} is truly best, by {by:.3f}."


def describe_estimator(meter: TruthMeter, estimator: str) -> str:
    """Say whether another kind of test puts first the model that is truly best, and how far it is off at most."""
    means, true = meter.means(estimator), meter.true_means
    named = meter.winner(estimator)
    verdict = "the right model" if named == meter.true_winner else f"the wrong model ({meter.names[named]})"
    off = float(abs(means - true).max())
    return f"It puts {verdict} first. Its numbers are off by at most {off:.3f}."


def describe_strengths(strengths: list[float], meters: list[TruthMeter], oracle: str) -> str:
    """Say at which strengths of popularity the most popular items look better than knowing everyone's tastes."""
    index, of_oracle = (list(meters[0].names).index(name) for name in (POPULARITY, oracle))
    overtakes = [meter.means(FULL)[index] > meter.means(FULL)[of_oracle] for meter in meters]
    true = [meter.true_means[of_oracle] for meter in meters]
    worth = f"Its true {meters[0].title} stays between {min(true):.3f} and {max(true):.3f}."
    if not any(overtakes):
        return f"In the test, {POPULARITY} never overtakes the {oracle.lower()}. {worth}"
    ahead = [strength for strength, is_ahead in zip(strengths, overtakes, strict=True) if is_ahead]
    at_end = meters[-1]
    numbers = (
        f"at {strengths[-1]:g} it looks like {at_end.means(FULL)[index]:.3f} against "
        f"{at_end.means(FULL)[of_oracle]:.3f}, and is worth {at_end.true_means[index]:.3f} against "
        f"{at_end.true_means[of_oracle]:.3f}."
    )
    if all(overtakes[overtakes.index(True) :]):
        return f"From strength {ahead[0]:g} on, {POPULARITY} overtakes the {oracle.lower()} in the test: {numbers}"
    where = join_words([f"{strength:g}" for strength in ahead])
    return (
        f"In the test, the lead changes back and forth between {POPULARITY} and the {oracle.lower()}. {POPULARITY} has "
        f"it at strength {where} only: {numbers}"
    )


def describe_worlds(tallies: Mapping[str, Tally]) -> str:
    """Say how often the usual test was right about the best model, and how often its verdicts "better" were true."""
    usual = tallies[FULL]
    n = usual.n_worlds
    worlds = "1 world" if n == 1 else f"{n} worlds"
    text = (
        f"In {worlds}, the usual test named the truly best model in {usual.right * n:.0f}, "
        f"a wrong one in {usual.wrong * n:.0f}, and could not tell in {usual.unclear * n:.0f}."
    )
    if usual.n_better:
        enough = "more" if usual.misleads else "no more"
        text += (
            f" Of its {usual.n_better:,} verdicts “better”, {percent(usual.truly_better)} were true. At least one was "
            f"false in {usual.n_misled} of {worlds}, {enough} than chance explains where the rule of the verdicts "
            f"allows {_ALLOWED}."
        )
    return text


def explain_confidence(tallies: Mapping[str, Tally]) -> str:
    """Say which tests give more false verdicts than the rule of the verdicts allows, and why."""
    if not any(each.n_better for each in tallies.values()):
        return "No test has given a verdict “better” yet that could be false."
    rule = f"The rule of the verdicts allows a false “better” in {_ALLOWED} of the worlds."
    misleading = [name for name, each in tallies.items() if each.misleads]
    if not misleading:
        return f"{rule} No test has one in so many worlds that chance would not explain it."
    labels = ", ".join(ESTIMATORS[name].label.lower() for name in misleading)
    return (
        f"{rule} These tests have one in more of them than chance explains: {labels}. The rule is not at fault: it "
        "takes account of chance, which other people would undo, and these tests are wrong for everybody in the same "
        "direction."
    )


def mark_confidence(tally: Tally) -> str:
    """Return "✗" for a test that gives more false verdicts than the rule allows, else "✓"; "–" without a verdict."""
    if not tally.n_better:
        return "–"
    return "✗" if tally.misleads else "✓"
