"""The one error a person can cause."""


class InputError(ValueError):
    """Input that cannot be used. The message says what must hold, what came, and what to do."""
