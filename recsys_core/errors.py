"""The one error a person can cause, and how its message shows a value."""


class InputError(ValueError):
    """Input that cannot be used. The message says what must hold, what came, and what to do."""


def to_python(value: object) -> object:
    """Return a scalar of NumPy as Python's own, else `value` itself: a message shows 'a' then, not np.str_('a')."""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", None) == 0 else value
