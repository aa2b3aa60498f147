"""Estimators of the true metric from a test: what each computes, by which formula, and who proposed it."""

from dataclasses import dataclass

FULL, SAMPLED, IPS, SNIPS, ESTIMATED, UNIFORM = "full", "sampled", "ips", "snips", "estimated", "uniform"


@dataclass(frozen=True)
class Estimator:
    """A way of testing; `formula` is in LaTeX, `needs` says what has to be known or done for it."""

    label: str
    meaning: str
    formula: str
    source: str
    needs: str = ""


TRUE_FORMULA = r"\frac{1}{m}\sum_u g_u \sum_{i\ \mathrm{unseen}} \pi^0_{ui}\, \lambda(r_{ui})"
"""The true metric: every unseen item counts by its chance to be a test choice, had popularity played no part."""

ESTIMATORS = {
    FULL: Estimator(
        "Usual test",
        "The held-out ratings, ranked among all items that a person has not seen. It is right only if what gets rated "
        "does not depend on popularity.",
        r"\frac{1}{m}\sum_u g_u \sum_{i \in T_u} \lambda(r_{ui})",
        "full ranking, as everywhere in this app",
    ),
    SAMPLED: Estimator(
        "99 candidates",
        "Each held-out item is ranked among 99 random items instead of all. The numbers are higher, and the order of "
        "models may change.",
        r"\frac{1}{m}\sum_u \frac{1}{|T_u|} \sum_{i \in T_u} \lambda(\tilde r_{ui}),\quad "
        r"\tilde r_{ui} - 1 \sim \mathrm{Hypergeometric}",
        "He et al., WWW 2017; Krichene and Rendle, KDD 2020",
    ),
    IPS: Estimator(
        "Weighted",
        "Each held-out item counts by how much more likely it would have been without popularity (inverse propensity).",
        r"\frac{1}{m}\sum_u g_u \sum_{i \in T_u} \frac{\pi^0_{ui}}{\pi_{ui}}\, \lambda(r_{ui})",
        "Schnabel et al., ICML 2016; Yang et al., RecSys 2018",
        "the true propensities, which only generated data tell",
    ),
    SNIPS: Estimator(
        "Weighted, normalised",
        "Each held-out item counts by how much more likely it would have been without popularity, and the sum is "
        "divided by the mean weight, so that the luck of drawing large weights cancels out.",
        r"\frac{\sum_u g_u \sum_{i \in T_u} w_{ui}\, \lambda(r_{ui})}{\sum_u \frac{1}{|T_u|}\sum_{i \in T_u} w_{ui}},"
        r"\quad w_{ui} = \frac{\pi^0_{ui}}{\pi_{ui}}",
        "Schnabel et al., ICML 2016, over all people together; Swaminathan and Joachims, NIPS 2015",
        "the true propensities, which only generated data tell",
    ),
    ESTIMATED: Estimator(
        "Weighted by popularity",
        "Each held-out item counts the less, the more ratings it has in training, and the sum is divided by the mean "
        "weight. This can be computed for any data.",
        r"\frac{\sum_u g_u \sum_{i \in T_u} w_i\, \lambda(r_{ui})}{\sum_u \frac{1}{|T_u|}\sum_{i \in T_u} w_i},"
        r"\quad w_i = n_i^{-\gamma}",
        "Yang et al., RecSys 2018",
        "the assumption that an item's popularity, to this power, is how likely it is to be rated if liked",
    ),
    UNIFORM: Estimator(
        "Uniform test",
        "As many choices per person, made without regard to popularity: the gold standard, for which somebody has to "
        "show people items at random.",
        r"\frac{1}{m}\sum_u g_u \sum_{i \in T^0_u} \lambda(r_{ui}),\quad T^0_u \sim \pi^0_u",
        "as in Yahoo! R3 (Marlin and Zemel, RecSys 2009) and Coat (Schnabel et al., ICML 2016)",
        "an experiment",
    ),
}
"""By the names that stand in URLs."""
