"""The lessons that `lesson=` opens: stories for a talk or a class, told on the generated data of any fresh server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    """One picture of a lesson: a page with what stands in its address, a sentence to say and a question to ask.

    `views` are the widgets of that page that are not at their defaults, by key. Sentences claim no outcome: that is
    the page's to compute.
    """

    page: str
    words: Mapping[str, Sequence[str]]
    sentence: str
    question: str
    views: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lesson:
    """`title` is the question that it answers."""

    title: str
    steps: tuple[Step, ...]


_DATA = {"data": ["planted"]}

LESSONS = {
    "factors": Lesson(
        "Why are more factors not always better?",
        (
            Step(
                "start",
                {**_DATA, "start_k": ["2"]},
                "These people were invented with 8 tastes. This model may use 2.",
                "What must it get wrong? Look at the third picture.",
            ),
            Step(
                "start",
                {**_DATA, "start_k": ["8"]},
                "Now it may use as many tastes as were planted.",
                "What does the guess still miss, and why is that no fault?",
            ),
            Step(
                "start",
                {**_DATA, "start_k": ["128"]},
                "With 128 factors it can copy nearly every cell.",
                "Would you want its list? Compare the curve with popularity.",
            ),
        ),
    ),
    "leak": Lesson(
        "Why must a test not leak?",
        (
            Step(
                "start",
                {**_DATA, "start_k": ["8"]},
                "This curve is scored on choices that were kept back from the model.",
                "Which k would you choose by it?",
            ),
            Step(
                "start",
                {**_DATA, "start_k": ["8"], "leak": ["yes"]},
                "Now the model learns from the test too, as it happens in many dashboards.",
                "Compare the two curves: has any list become better?",
            ),
            Step(
                "start",
                {**_DATA, "start_k": ["128"], "leak": ["yes"]},
                "The same leaky test, and a model that can remember nearly everything.",
                "Which k would it make you choose, and what would your customers get?",
            ),
        ),
    ),
    "difference": Lesson(
        "Is the difference real?",
        (
            Step(
                "compare",
                {**_DATA, "pin": ["svd.n_factors-8", "svd"]},
                "The same method with 8 factors and with 48. One of them has the higher mean.",
                "Would you pay for the larger one? Look at the interval of the difference.",
                {"compare_view": "Verdicts"},
            ),
            Step(
                "compare",
                {**_DATA, "pin": ["svd.n_factors-8", "svd.n_factors-2"]},
                "8 factors against 2, on the same people.",
                "What is different about this interval, and why does it take people, not ratings, to draw it?",
                {"compare_view": "Verdicts"},
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
