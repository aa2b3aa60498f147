"""Bayesian personalised ranking."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Self

import numpy as np

from recsys_core.algorithms import shared_fields
from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.models import FactorModel, Recommender
from recsys_core.algorithms.pairwise import (
    NEGATIVES,
    FixedTriples,
    Pairs,
    binary_gains,
    likes_and_dislikes,
    mean_over_samples,
    suggest_penalty,
    train_on_pairs,
)
from recsys_core.algorithms.pairwise_fold_in import fold_in_by_steps
from recsys_core.data.interactions import Interactions
from recsys_core.parameters import choice


@dataclass(frozen=True)
class BPR(Algorithm):
    """Maximise Σ_(u,i) mean_j ln σ(x̂_uij) − λ‖Θ‖², x̂_uij = s_ui − s_uj, over choices i and others j.

    ‖Θ‖² = Σ‖p_u‖² + Σ‖q_i‖² + Σb_i². Source: Rendle, Freudenthaler, Gantner and Schmidt-Thieme, BPR: Bayesian
    personalized ranking from implicit feedback, UAI 2009, equation for BPR-Opt. We differ in the optimiser (blocks of
    users with Adagrad instead of single triples), in the mean over the items j that a choice is compared with and so in
    the unit of λ (see `shared_fields.pair_regularization`), in "mildly hard" negatives, half of which are the
    best-scored of a random pool, and in where we start.

    The objective reported is mean −ln σ(x̂_uij) + λ‖Θ‖² / |choices|, the negative of the above per choice, with the mean
    over fixed triples whose j are drawn uniformly from what u did not choose, however `negatives` are drawn.
    """

    label = "BPR"
    objective_label = "Ranking loss (−ln σ) on fixed pairs + penalty"
    equation = (
        r"\begin{gathered}\max_{\Theta}\sum_{(u,i)}\frac{1}{|J_{ui}|}\sum_{j\in J_{ui}}"
        r"\ln\sigma\!\left(s_{ui}-s_{uj}\right)-\lambda\lVert\Theta\rVert^2"
        r"\\ s_{ui}=p_u^{\top}q_i+b_i,\quad"
        r"\lVert\Theta\rVert^2=\sum_u\lVert p_u\rVert^2+\sum_i\big(\lVert q_i\rVert^2+b_i^2\big)\end{gathered}"
    )
    meaning = (
        "Take something a person chose (i) and items J that they did not: the chosen one should score higher, and the "
        "surer the model is already, the smaller the push. Every choice counts once, however many items it is "
        "compared with."
    )
    caution = (
        "The curve shows the negative of this per choice, on a fixed set of up to 20,000 pairs whose item j is drawn "
        "uniformly. Training may compare with harder items than the curve does (More settings: Compared with)."
    )
    derivation_title = "Where this objective comes from"
    derivation = r"""
**Likelihood.** A person *u* prefers *i* to *j* with a probability that depends on the difference of their scores:

$$
p(i>_u j\mid\Theta)=\sigma(\hat x_{uij}),\qquad
\hat x_{uij}=s_{ui}-s_{uj},\qquad\sigma(x)=\frac{1}{1+e^{-x}}
$$

**Prior.** Every parameter is probably small, independently of the others:

$$
\Theta\sim\mathcal N\!\Big(0,\tfrac{1}{2\lambda}I\Big)
\quad\Rightarrow\quad \ln p(\Theta)=-\lambda\lVert\Theta\rVert^2+\text{const}
$$

**Posterior**, by Bayes' rule; its maximum is BPR's answer:

$$
\ln p(\Theta\mid{>})=\sum_{(u,i,j)}\ln\sigma(\hat x_{uij})-\lambda\lVert\Theta\rVert^2+\text{const}
$$

**Gradient**, by which the parameters are moved; for sure pairs it vanishes:

$$
\frac{\partial}{\partial\Theta}\big(\ln\sigma(\hat x_{uij})-\lambda\lVert\Theta\rVert^2\big)
=\big(1-\sigma(\hat x_{uij})\big)\frac{\partial\hat x_{uij}}{\partial\Theta}-2\lambda\Theta
$$

The paper sums over all triples; here every choice (u, i) has the mean over the items j it is compared with, so that a
choice counts once. Rendle, Freudenthaler, Gantner and Schmidt-Thieme, BPR: Bayesian personalized ranking from implicit
feedback, UAI 2009, section 4.
"""
    divergence_advice = "lower the learning rate"
    adjustable = ("regularization", "learning_rate")
    trains_on_pairs = True

    n_factors: int = shared_fields.factors(64)
    regularization: float = shared_fields.pair_regularization(1.5)
    learning_rate: float = shared_fields.learning_rate(0.07)
    n_epochs: int = shared_fields.passes(60)
    negatives: str = choice(
        "mildly hard",
        "Compared with",
        "Uniform: any item not chosen (the paper). Mildly hard: half of them the better-scored of a random pool.",
        options=NEGATIVES,
    )
    start: str = shared_fields.start()
    kept_model: str = shared_fields.kept_model()

    @classmethod
    def defaults_for(cls, train: Interactions) -> Self:
        return cls(regularization=suggest_penalty(train))

    def learns_from(self, data: Interactions) -> Interactions:
        """What is relevant, beside what is not, which is known to score lower."""
        return likes_and_dislikes(data)

    def _fold_in(self, model: Recommender, train: Interactions, users: Interactions) -> FactorModel:
        assert isinstance(model, FactorModel)
        return fold_in_by_steps(self, model, users, gains=binary_gains(users), pair_weights=self.pair_weights)

    def gains_of(self, data: Interactions) -> np.ndarray:
        """Return how good each item of `data` is for its user, float32: 1 where it is relevant, else 0."""
        return binary_gains(data)

    def pair_weights(self, pairs: Pairs) -> np.ndarray:
        """Return weights (entries, s) of pairs: every choice counts once, however many items it is compared with."""
        return mean_over_samples(pairs)

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        chosen = train.relevant
        triples = FixedTriples(chosen, rng)
        models = train_on_pairs(
            self,
            train,
            rng,
            gains=self.gains_of(train),
            pair_weights=self.pair_weights,
        )
        recipe, changed = self, None
        for number_ in range(self.n_epochs + 1):
            model, recipe = models.send(changed), changed or recipe
            penalty = recipe.regularization * squared_norm(model) / chosen.n_interactions
            changed = yield Epoch(number_, model, triples.mean_log_loss(model) + penalty)


def squared_norm(model: FactorModel) -> float:
    """‖Θ‖²: the sum of squares of all factors and item biases."""
    return float(sum(np.sum(a**2, dtype=np.float64) for a in (model.user_factors, model.item_factors, model.item_bias)))
