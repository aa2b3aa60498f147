"""A parameter is stated once, as a dataclass field; check, error text, slider and URL key come from it."""

import dataclasses
import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, SupportsFloat

from recsys_core.errors import InputError, to_python


@dataclass(frozen=True)
class Parameter:
    """What is known of one field of a recipe.

    `bounds` is what the mathematics allows and is enforced; `typical` is the range that a slider
    offers; `options` lists the values of a choice (then there are no bounds), `retired` those that only what was
    stored or linked earlier may still have. `symbol` is the letter that formulas and short names use, where there is
    one.
    """

    name: str
    label: str
    default: Any
    help: str
    bounds: tuple[float, float] = (-math.inf, math.inf)
    typical: tuple[float, float] = (-math.inf, math.inf)
    log: bool = False
    unit: str = ""
    symbol: str = ""
    options: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()

    @property
    def is_integer(self) -> bool:
        return isinstance(self.default, int)

    def check(self, value: Any, owner: str) -> Any:
        """Return `value` as a plain str, int or float; raise InputError unless this field of `owner` may have it."""
        must = f"The '{self.name}' of {owner} must be"
        if self.options:
            if not isinstance(value, str) or value not in (*self.options, *self.retired):
                allowed = ", ".join(repr(option) for option in self.options)
                raise InputError(f"{must} one of {allowed}. Got {to_python(value)!r}.")
            return str(value)
        kind, kind_name = (Integral, "a whole number") if self.is_integer else (Real, "a number")
        if not _is_finite(value, kind):
            raise InputError(f"{must} {kind_name}. Got {to_python(value)!r}.")
        low, high = self.bounds
        if value < low:
            raise InputError(f"{must} at least {_exactly(low)}. Got {_exactly(value)}.")
        if value > high:
            raise InputError(f"{must} at most {_exactly(high)}. Got {_exactly(value)}.")
        return int(value) if self.is_integer else float(value)


def _is_finite(value: Any, kind: type[Any]) -> bool:
    """Whether `value` is a number of `kind`, neither a truth value nor infinite nor NaN."""
    if isinstance(value, bool) or not isinstance(value, kind):
        return False
    return isinstance(value, Integral) or math.isfinite(value)  # of a whole number past 1e308 only the first is safe


def _exactly(value: SupportsFloat) -> str:
    if isinstance(value, Integral):
        return str(int(value))
    number = float(value)
    return str(int(number)) if number.is_integer() else repr(number)


def number(
    default: float,
    label: str,
    help: str,
    *,
    bounds: tuple[float, float],
    typical: tuple[float, float],
    log: bool = False,
    unit: str = "",
    symbol: str = "",
) -> Any:  # as dataclasses.field, so that a type checker takes it as the default of a float or an int
    """Make a dataclass field that holds a number; an int default makes it a whole number."""
    facts = dict(label=label, help=help, bounds=bounds, typical=typical, log=log, unit=unit, symbol=symbol)
    return dataclasses.field(default=default, metadata={"parameter": facts})


def choice(default: str, label: str, help: str, *, options: tuple[str, ...], retired: tuple[str, ...] = ()) -> Any:
    """Make a dataclass field that holds one of `options`, or one of `retired`, which are offered no more."""
    facts = dict(label=label, help=help, options=options, retired=retired)
    return dataclasses.field(default=default, metadata={"parameter": facts})


def parameters(recipe: "Recipe | type[Recipe]") -> dict[str, Parameter]:
    """Return the parameters of a recipe (class or instance), by field name, in the order of the fields."""
    recipe_class = recipe if isinstance(recipe, type) else type(recipe)
    if recipe_class not in _known:
        _known[recipe_class] = {
            field.name: Parameter(name=field.name, default=field.default, **field.metadata["parameter"])
            for field in dataclasses.fields(recipe_class)
            if "parameter" in field.metadata
        }
    return dict(_known[recipe_class])


_known: "dict[type[Recipe], dict[str, Parameter]]" = {}


@dataclass(frozen=True)
class Recipe:
    """Hyperparameters as a frozen dataclass, checked when it is made.

    `label` is the name that a person reads.
    """

    label: ClassVar[str] = "Recipe"

    def __post_init__(self) -> None:
        for name, parameter in parameters(self).items():
            # A frozen dataclass sets its fields this way; 1 and 1.0 must become the same recipe.
            object.__setattr__(self, name, parameter.check(getattr(self, name), self.label))

    def settings(self) -> dict[str, Any]:
        """Return the values by field name, ready for JSON."""
        return dataclasses.asdict(self)
