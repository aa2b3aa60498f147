"""The lessons that `lesson=` opens: guided tours for a talk or a class, on the synthetic data of any fresh server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    """One step of a lesson: a page with its URL parameters, a sentence to say and a question to ask.

    `views` are the widgets of that page that differ from their defaults, by key. A sentence claims no outcome, since
    only the page computes it.
    """

    page: str
    url_params: Mapping[str, Sequence[str]]
    sentence: str
    question: str
    views: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lesson:
    """A lesson; `title` is the question that it answers."""

    title: str
    steps: tuple[Step, ...]


_DATA = {"data": ["planted"]}

LESSONS = {
    "factors": Lesson(
        "Why are more factors not always better?",
        (
            Step(
                "start",
                {**_DATA, "k": ["2"]},
                "The people in these data were invented with 8 tastes. The model may use only 2.",
                "What must it get wrong? Look at the third picture.",
            ),
            Step(
                "start",
                {**_DATA, "k": ["8"]},
                "Now the model may use as many tastes as the people have.",
                "What does its guess still miss, and why is that not a mistake?",
            ),
            Step(
                "start",
                {**_DATA, "k": ["128"]},
                "With 128 factors the model can copy nearly every cell.",
                "Would you want its recommendations? Compare its score with that of the most popular items.",
            ),
        ),
    ),
    "leak": Lesson(
        "Why must a test not leak?",
        (
            Step(
                "start",
                {**_DATA, "k": ["8"]},
                "This curve is scored on choices that the model has not seen.",
                "Which k would you choose from it?",
            ),
            Step(
                "start",
                {**_DATA, "k": ["8"], "leak": ["yes"]},
                "Now the model also learns from the data it is tested on.",
                "Compare the two curves. Have the recommendations become better?",
            ),
            Step(
                "start",
                {**_DATA, "k": ["128"], "leak": ["yes"]},
                "The same leaking test, with a model that can memorise nearly everything.",
                "Which k would this test make you choose, and what would your customers get?",
            ),
        ),
    ),
    "difference": Lesson(
        "Is the difference real?",
        (
            Step(
                "compare",
                {**_DATA, "pin": ["svd.n_factors-8", "svd"]},
                "The same method with 8 and with 48 factors. One of them has the higher mean.",
                "Would you pay for the larger one? Look at the interval of the difference.",
                {"compare_view": "Verdict"},
            ),
            Step(
                "compare",
                {**_DATA, "pin": ["svd.n_factors-8", "svd.n_factors-2"]},
                "8 factors against 2, for the same people.",
                "How does this interval differ from the last one? Why is it computed over people, not over ratings?",
                {"compare_view": "Verdict"},
            ),
            Step(
                "compare",
                {**_DATA, "pin": ["svd.n_factors-8", "svd.n_factors-2"]},
                "A mean hides who gains and who loses.",
                "Is the better model better for everybody?",
                {"compare_view": "For whom"},
            ),
        ),
    ),
}
