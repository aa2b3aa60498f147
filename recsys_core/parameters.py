"""A parameter is stated once, as a dataclass field; check, error text, slider and URL key come from it."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from recsys_core.errors import InputError


@dataclass(frozen=True)
class Parameter:
    """What is known of one field of a recipe.

    `bounds` is what the mathematics allows and is enforced; `typical` is the range that a slider
    offers; `options` lists the values of a choice (then there are no bounds).
    """

    name: str
    label: str
    default: Any
    help: str
    bounds: tuple[float, float] | None = None
    typical: tuple[float, float] | None = None
    log: bool = False
    unit: str = ""
    options: tuple[str, ...] = ()

    @property
    def is_integer(self) -> bool:
        return isinstance(self.default, int)

    def check(self, value: Any, owner: str) -> None:
        """Raise InputError unless `value` may stand in this field of `owner`."""
        if self.options:
            if value not in self.options:
                allowed = ", ".join(repr(option) for option in self.options)
                raise InputError(f"The '{self.name}' of {owner} must be one of {allowed}. Got {value!r}.")
            return
        kind = "a whole number" if self.is_integer else "a number"
        allowed_types = (int,) if self.is_integer else (int, float)
        if isinstance(value, bool) or not isinstance(value, allowed_types) or not math.isfinite(value):
            raise InputError(f"The '{self.name}' of {owner} must be {kind}. Got {value!r}.")
        low, high = self.bounds
        if value < low:
            raise InputError(f"The '{self.name}' of {owner} must be at least {low:g}. Got {value:g}.")
        if value > high:
            raise InputError(f"The '{self.name}' of {owner} must be at most {high:g}. Got {value:g}.")


def number(
    default: float,
    label: str,
    help: str,
    *,
    bounds: tuple[float, float],
    typical: tuple[float, float],
    log: bool = False,
    unit: str = "",
):
    """A dataclass field that holds a number; an int default makes it a whole number."""
    facts = dict(label=label, help=help, bounds=bounds, typical=typical, log=log, unit=unit)
    return dataclasses.field(default=default, metadata={"parameter": facts})


def choice(default: str, label: str, help: str, *, options: tuple[str, ...]):
    """A dataclass field that holds one of `options`."""
    return dataclasses.field(default=default, metadata={"parameter": dict(label=label, help=help, options=options)})


def parameters(recipe) -> dict[str, Parameter]:
    """The parameters of a recipe (class or instance), by field name, in the order of the fields."""
    return {
        field.name: Parameter(name=field.name, default=field.default, **field.metadata["parameter"])
        for field in dataclasses.fields(recipe)
    }


class Recipe:
    """A frozen dataclass of parameters: what was asked for, checked when it is made.

    `label` is the name that a person reads.
    """

    label = "Recipe"

    def __post_init__(self):
        for name, parameter in parameters(self).items():
            parameter.check(getattr(self, name), self.label)

    def settings(self) -> dict[str, Any]:
        """The values by field name, ready for JSON."""
        return dataclasses.asdict(self)
