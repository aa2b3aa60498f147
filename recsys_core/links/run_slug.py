"""A run as one word for an address: `implicit_als.n_factors-32.seed-1~1a2b3c4d`, the same on every server."""

import re
from dataclasses import dataclass, field, replace

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.epochs import check_fork
from recsys_core.errors import InputError
from recsys_core.links.slug import apply_settings, quoted, read_value, split_slug, write_recipe, write_value
from recsys_core.parameters import Parameter, parameters
from recsys_core.store.run import STOPPED, Run, run_fingerprint

SEED = Parameter("seed", "Seed", 0, "", bounds=(0, 2**31 - 1))
_EPOCH = Parameter("at", "Epoch", 1, "", bounds=(1, 100_000))
_FINGERPRINT = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True)
class RunSlug:
    """What a run is, wherever it was trained: algorithm, recipe, seed.

    A fork went by the recipe `before` up to `epoch`. `recipe` is None for what is no algorithm of ours, as a model
    that came in a file: only the fingerprint tells it then. `fingerprint` is the first eight digits of the run's, or
    '' where the word has none; two words that differ by it alone are equal.
    """

    algorithm: str
    recipe: Algorithm | None
    seed: int = 0
    before: Algorithm | None = None
    epoch: int = 0
    fingerprint: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """The word itself."""
        parts = [self.algorithm]
        if self.recipe is not None:
            parts.append(write_recipe(self.before or self.recipe))
        if self.before is not None:
            parts += [f"at-{self.epoch}", _difference(self.before, self.recipe)]
        if self.seed and self.recipe is not None:
            parts.append(f"seed-{self.seed}")
        return ".".join(filter(None, parts)) + (f"~{self.fingerprint}" if self.fingerprint else "")

    @property
    def label(self) -> str:
        """What a person reads: 'BPR, n_factors 32, seed 1'."""
        if self.recipe is None:
            return f"a model of the kind {quoted(self.algorithm)}, which cannot be trained again"
        settings = [part.replace("-", " ", 1) for part in split_slug(replace(self, fingerprint="").text)[1:]]
        return ", ".join([self.recipe.label, *settings])

    @property
    def parent(self) -> "RunSlug":
        """The run that a fork branched off from."""
        return RunSlug(self.algorithm, self.before, self.seed)


def run_slug(run: Run, last_epoch: int | None = None) -> RunSlug:
    """The word of a run. One stopped by hand after `last_epoch` is what a recipe of so many epochs would give."""
    if run.algorithm not in ALGORITHMS:
        return RunSlug(run.algorithm, None, run.seed, fingerprint=run.fingerprint[:8])
    recipe = run.recipe
    if run.state == STOPPED and last_epoch:
        length = next((name for name in ("n_epochs", "n_factors") if name in parameters(recipe)), None)
        recipe = replace(recipe, **{length: last_epoch}) if length else recipe
    fork = run.branch
    fingerprint = run_fingerprint(
        run.split_fingerprint, run.algorithm, recipe, run.seed, run.numerics_version, branch=fork
    )
    before, epoch = (fork.recipe, fork.epoch) if fork else (None, 0)
    return RunSlug(run.algorithm, recipe, run.seed, before, epoch, fingerprint[:8])


def read_run_slug(text: str) -> RunSlug:
    """What `RunSlug.text` wrote. Raises InputError for algorithms, settings and values that there cannot be."""
    algorithm, *settings = split_slug(text) or [""]
    last, _, fingerprint = text.rpartition("~")
    if last and _FINGERPRINT.fullmatch(fingerprint):
        algorithm, *settings = split_slug(last)
    else:
        fingerprint = ""
    if algorithm not in ALGORITHMS:
        if fingerprint and not settings:
            return RunSlug(algorithm, None, fingerprint=fingerprint)
        raise InputError(
            f"A run of an address must begin with an algorithm: one of {', '.join(ALGORITHMS)}. Got {quoted(text)}."
        )
    seed = 0
    if settings and settings[-1].startswith("seed-"):
        seed = read_value(SEED, settings.pop().removeprefix("seed-"), "a run")
    recipe = ALGORITHMS[algorithm]()
    place = next((place for place, setting in enumerate(settings) if setting.startswith("at-")), None)
    if place is None:
        return RunSlug(algorithm, apply_settings(recipe, settings), seed, fingerprint=fingerprint)
    before = apply_settings(recipe, settings[:place])
    epoch = read_value(_EPOCH, settings[place].removeprefix("at-"), "a fork")
    after = apply_settings(before, settings[place + 1 :])
    check_fork(before, after)
    return RunSlug(algorithm, after, seed, before, epoch, fingerprint)


def find_run(word: RunSlug, runs: list[tuple[RunSlug, Run]]) -> Run | None:
    """The run that a word means: with the same fingerprint, else of the same recipe by another version of the code.

    `runs` has the newest first.
    """
    same = [(each, run) for each, run in runs if each == word] if word.recipe is not None else runs
    exact = [run for each, run in same if word.fingerprint and each.fingerprint == word.fingerprint]
    others = [run for _, run in same] if word.recipe is not None else []
    return next(iter(exact or others), None)


def _difference(before: Algorithm, after: Algorithm) -> str:
    """The settings in which `after` differs, as a word."""
    ours, theirs = before.settings(), after.settings()
    return ".".join(f"{name}-{write_value(theirs[name])}" for name in parameters(after) if theirs[name] != ours[name])
