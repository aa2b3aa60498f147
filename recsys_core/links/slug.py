"""A recipe as one short word for an address, as `n_factors-32.seed-1`: only what differs from the default."""

import dataclasses
import re
from typing import Any

from recsys_core.errors import InputError
from recsys_core.parameters import Parameter, Recipe, parameters

LONGEST_SLUG = 300
_LONGEST_QUOTE = 60
_NEXT = re.compile(r"\.(?=[a-z_])")  # the point of 0.5 is followed by a digit


def write_recipe(recipe: Recipe) -> str:
    """The settings that are not the default, in the order of the fields; '' where all are."""
    return ".".join(
        f"{name}-{write_value(value)}"
        for name, value in recipe.settings().items()
        if name in parameters(recipe) and value != parameters(recipe)[name].default
    )


def write_value(value: str | int | float) -> str:
    """The shortest text that reads back as `value`, to the last bit."""
    return str(value).removesuffix(".0")


def read_recipe(recipe: type[Recipe], word: str) -> Recipe:
    """What `write_recipe` wrote. Raises InputError for settings that there are not, and for values they cannot have."""
    return apply_settings(recipe(), split_slug(word))


def apply_settings(recipe: Recipe, settings: list[str]) -> Recipe:
    """`recipe` with settings that were written as 'name-value'."""
    known, values = parameters(recipe), {}
    for setting in settings:
        name, _, text = setting.partition("-")
        if name not in known or name in values:
            raise InputError(
                f"A setting of {recipe.label} in an address must be one of {', '.join(known)}, each once, as "
                f"'{next(iter(known))}-…'. Got {quoted(setting)}."
            )
        values[name] = read_value(known[name], text, recipe.label)
    return dataclasses.replace(recipe, **values)


def read_value(parameter: Parameter, text: str, owner: str) -> Any:
    """The value that a text stands for. Raises InputError where it is none that may stand in this field of `owner`."""
    value = _cut(text)
    if not parameter.options:
        try:
            value = int(text) if parameter.is_integer else float(text)
        except ValueError:
            pass  # the check says what must hold
    return parameter.checked(value, owner)


def split_slug(word: str) -> list[str]:
    """The parts between the points of a word; none of the empty word. Raises InputError where it is too long."""
    if len(word) > LONGEST_SLUG:
        raise InputError(
            f"A word of an address must have at most {LONGEST_SLUG} characters. Got {len(word):,}, beginning with "
            f"{quoted(word)}."
        )
    return _NEXT.split(word) if word else []


def quoted(text: str) -> str:
    """`text` in quotes, cut where it is long."""
    return repr(_cut(text))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
