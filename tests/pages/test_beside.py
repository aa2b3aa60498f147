"""What is computed in the background, and what becomes of it where that fails."""

import pytest

from pages.shared import beside
from recsys_core.errors import InputError
from recsys_core.runner.task import LEVELS, Task

TASK = Task(LEVELS, "f" * 16)


class Ended:
    """A child process that has ended, with a result where it has no error."""

    is_live = False

    def __init__(self, error: str = "", *, is_refused: bool = False):
        self.error, self.is_refused = InputError(error) if error else None, is_refused
        self.result = None if error else ({}, "what it comes to")


@pytest.fixture
def ask(monkeypatch, caplog):
    """Ask for the task when the next process ends as it is given."""
    for name in ("_kept", "_live", "_not_before"):
        monkeypatch.setattr(beside, name, type(getattr(beside, name))())
    monkeypatch.setattr(beside, "store", lambda: None)
    monkeypatch.setattr(beside._LOG, "error", lambda *_: None)

    def ask(process: Ended):
        monkeypatch.setattr(beside, "ComputeProcess", lambda *_: process)
        return beside.computed_or_none(TASK, lambda _, plain: plain, "failed")

    return ask


def test_a_process_that_was_killed_is_tried_again_but_not_at_once(ask, monkeypatch):
    assert ask(Ended("It was killed.")) == ask(Ended()) == "failed"
    now = beside.time.monotonic()
    monkeypatch.setattr(beside.time, "monotonic", lambda: now + beside._RETRY_SECONDS + 1)
    assert ask(Ended()) == ask(Ended("It was killed.")) == "what it comes to"


def test_what_the_data_do_not_allow_is_not_tried_again_and_a_page_that_waits_says_why(ask, monkeypatch):
    assert ask(Ended("Too few people.", is_refused=True)) == "failed"
    now = beside.time.monotonic()
    monkeypatch.setattr(beside.time, "monotonic", lambda: now + beside._RETRY_SECONDS + 1)
    assert ask(Ended()) == "failed"
    with pytest.raises(InputError, match="Too few people"):
        beside.compute_beside(TASK, "Computing", lambda _, plain: plain)
