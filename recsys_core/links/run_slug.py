"""Write a run as a slug for a link: `implicit_als.n_factors-32.seed-1~1a2b3c4d`, the same on every server."""

import re
from dataclasses import dataclass, replace

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.epochs import check_branch
from recsys_core.errors import InputError
from recsys_core.links.slug import apply_settings, quoted, read_value, split_slug, write_recipe, write_value
from recsys_core.parameters import Parameter, parameters
from recsys_core.store.run import Run, as_finished

SEED = Parameter("seed", "Seed", 0, "", bounds=(0, 2**31 - 1))
_EPOCH = Parameter("at", "Epoch", 1, "", bounds=(1, 100_000))
_FINGERPRINT = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, eq=False)
class RunSlug:
    """What identifies a run on every server: algorithm, recipe, seed.

    A branch was trained by the recipe `before` up to `epoch`. `recipe` is None for models that are not trained here,
    such as imported ones: only the fingerprint identifies those. `fingerprint` is the first eight digits of the run's,
    or '' if the slug has none; slugs with a recipe that differ in it alone are equal.
    """

    algorithm: str
    recipe: Algorithm | None
    seed: int = 0
    before: Algorithm | None = None
    epoch: int = 0
    fingerprint: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunSlug) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[object, ...]:
        recipe = self.fingerprint if self.recipe is None else self.recipe
        return self.algorithm, recipe, self.seed, self.before, self.epoch

    @property
    def text(self) -> str:
        """The slug itself."""
        words = [self.algorithm]
        if self.recipe is not None:
            words.append(write_recipe(self.before or self.recipe))
            if self.before is not None:
                words += [f"at-{self.epoch}", _difference(self.before, self.recipe)]
            if self.seed:
                words.append(f"seed-{self.seed}")
        return ".".join(filter(None, words)) + (f"~{self.fingerprint}" if self.fingerprint else "")

    @property
    def label(self) -> str:
        """The run in words: 'BPR, Factors k 32, seed 1'."""
        if self.recipe is None:
            return f"a model of the kind {quoted(self.algorithm)}, which cannot be trained again"
        words = [word.split("-", 1) for word in split_slug(replace(self, fingerprint="").text)[1:]]
        known = parameters(self.recipe)
        settings = [" ".join([known[name].label if name in known else name, *value]) for name, *value in words]
        return ", ".join([self.recipe.label, *settings])

    @property
    def parent(self) -> "RunSlug":
        """The run that a branch started from."""
        return RunSlug(self.algorithm, self.before, self.seed)


def run_slug(run: Run, last_epoch: int | None = None) -> RunSlug:
    """Return the slug of a run. One stopped by hand after `last_epoch` equals a run with that many epochs.

    For SVD, whose epochs are its factors, that holds but for the rounding of Lanczos steps.
    """
    if run.algorithm not in ALGORITHMS:
        return RunSlug(run.algorithm, None, run.seed, fingerprint=run.fingerprint[:8])
    run = as_finished(run, last_epoch)
    before, epoch = (run.branch.recipe, run.branch.epoch) if run.branch else (None, 0)
    return RunSlug(run.algorithm, run.recipe, run.seed, before, epoch, run.fingerprint[:8])


def read_run_slug(text: str) -> RunSlug:
    """Read what `RunSlug.text` wrote. Raises InputError for unknown algorithms, settings and values."""
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
            f"A run in a link must begin with an algorithm: one of {', '.join(ALGORITHMS)}. Got {quoted(text)}."
        )
    seed = 0
    if settings and settings[-1].startswith("seed-"):
        seed = read_value(SEED, settings.pop().removeprefix("seed-"), "a run")
    recipe = ALGORITHMS[algorithm]()
    at = next((index for index, setting in enumerate(settings) if setting.startswith("at-")), None)
    if at is None:
        return RunSlug(algorithm, apply_settings(recipe, settings), seed, fingerprint=fingerprint)
    before = apply_settings(recipe, settings[:at])
    epoch = read_value(_EPOCH, settings[at].removeprefix("at-"), "a branch")
    after = apply_settings(before, settings[at + 1 :])
    check_branch(before, after)
    return RunSlug(algorithm, after, seed, before, epoch, fingerprint)


def find_run(slug: RunSlug, runs: list[tuple[RunSlug, Run]]) -> Run | None:
    """Return the run that a slug means: with its fingerprint, else with its recipe by another version of the code.

    `runs` has the newest first. None if there is no such run.
    """
    same = [(each, run) for each, run in runs if each == slug] if slug.recipe is not None else runs
    exact = [run for each, run in same if slug.fingerprint and each.fingerprint == slug.fingerprint]
    others = [run for _, run in same] if slug.recipe is not None else []
    return next(iter(exact or others), None)


def _difference(before: Algorithm, after: Algorithm) -> str:
    """The settings in which `after` differs, as a slug."""
    return ".".join(
        f"{name}-{write_value(value)}"
        for name in parameters(after)
        if (value := getattr(after, name)) != getattr(before, name)
    )
