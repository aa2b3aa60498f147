"""Write a recipe as a slug for a link, such as `n_factors-32.seed-1`: only what differs from the defaults."""

import dataclasses
import re
from typing import Any, TypeVar

from recsys_core.errors import InputError
from recsys_core.parameters import Parameter, Recipe, parameters

LONGEST_SLUG = 500
"""More than any of ours has, with every number written to the last bit."""
_LONGEST_QUOTE = 60
R = TypeVar("R", bound=Recipe)

_SEPARATOR = re.compile(r"\.(?=[a-z_])")  # the point of 0.5 is followed by a digit


def write_recipe(recipe: Recipe) -> str:
    """Return the settings that differ from the defaults, in the order of the fields; '' if none does."""
    return ".".join(
        f"{name}-{write_value(value)}"
        for name, value in recipe.settings().items()
        if name in parameters(recipe) and value != parameters(recipe)[name].default
    )


def write_value(value: str | int | float) -> str:
    """Return the shortest text that reads back as `value`, to the last bit."""
    return str(value).removesuffix(".0")


def read_recipe(kind: type[R], slug: str) -> R:
    """Read what `write_recipe` wrote of a recipe of this kind. Raises InputError for unknown settings or values."""
    return apply_settings(kind(), split_slug(slug))


def apply_settings(recipe: R, settings: list[str]) -> R:
    """Return `recipe` with settings that were written as 'name-value'."""
    known = parameters(recipe)
    values: dict[str, Any] = {}
    for setting in settings:
        name, _, text = setting.partition("-")
        if name not in known or name in values:
            raise InputError(
                f"A setting of {recipe.label} in a link must be one of {', '.join(known)}, each once, as "
                f"'{next(iter(known))}-…'. Got {quoted(setting)}."
            )
        values[name] = read_value(known[name], text, recipe.label)
    return dataclasses.replace(recipe, **values)


def read_value(parameter: Parameter, text: str, owner: str) -> Any:
    """Return the value that a text stands for. Raises InputError if this field of `owner` may not have it."""
    value: str | int | float = _shortened(text)
    if not parameter.options:
        try:
            value = int(text) if parameter.is_integer else float(text)
        except ValueError:
            pass  # the check says what must hold
    return parameter.check(value, owner)


def split_slug(slug: str) -> list[str]:
    """Split a slug at its points; the empty one has no words. Raises InputError if it is too long."""
    if len(slug) > LONGEST_SLUG:
        raise InputError(
            f"A value in a link must have at most {LONGEST_SLUG} characters. Got {len(slug):,}, beginning with "
            f"{quoted(slug)}."
        )
    return _SEPARATOR.split(slug) if slug else []


def quoted(text: str) -> str:
    """Return `text` in quotes, shortened if it is long."""
    return repr(_shortened(text))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
