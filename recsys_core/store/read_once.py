"""Read from the store once what is asked for several times while one page is drawn."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers", default=None)


@contextmanager
def reads_once() -> Iterator[None]:
    """Let every reading method give the same answer again inside, until this process writes to the database.

    What other processes write meanwhile is seen in what has not been asked for yet, and in the rest afterwards.
    """
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def read_once(
    method: Callable[Concatenate[Any, Parameters], Answer],
) -> Callable[Concatenate[Any, Parameters], Answer]:
    """Make a reading method one that `reads_once` applies to; its arguments must be hashable."""

    @wraps(method)
    def read(store: Any, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        answers = _answers.get()
        if answers is None:
            return method(store, *args, **kwargs)
        key = (store.database.version, method.__name__, args, *kwargs.items())
        if key not in answers:
            answers[key] = method(store, *args, **kwargs)
        answer = answers[key]
        return cast(Answer, answer.copy() if isinstance(answer, list | dict) else answer)  # callers may change it

    return read
