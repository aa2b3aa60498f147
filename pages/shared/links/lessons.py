"""The lessons that `lesson=` opens: guided tours for a talk or a class, on data that any fresh server can make.

Tests hold every number in an answer to what the core computes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    """One step of a lesson: a page with its URL parameters, a sentence to say, a question, and its answer.

    `views` are the widgets of that page that differ from their defaults, by key, and `split` the settings of the split
    that do. The sentence claims no outcome: that is for the page to show, and for the answer to say.
    """

    page: str
    url_params: Mapping[str, Sequence[str]]
    sentence: str
    question: str
    answer: str
    views: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    split: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lesson:
    """A lesson; `title` is the question that it answers, `moral` what to remember, `next` the lesson that follows."""

    title: str
    steps: tuple[Step, ...]
    moral: str
    next: str


_DATA = {"data": ["planted"]}
_FASHIONS = {"data": ["fashions"]}
_STARS = {"data": ["planted.feedback-explicit"]}
_BOTH = ["als", "bayesian"]
_STRICT = {"method": "strictly by time"}
_FREE, _DEAR = "implicit_als.regularization-0.1", "implicit_als.regularization-100"
_MODELS = ["implicit_als", "svd"]
_TRUTH = {"compare_view": "How metrics work", "compare_metrics": "Truth meter", "metric": "ndcg"}
_RIVALS = ["ease", "implicit_als"]
_ROBUSTNESS = {"compare_view": "Verdict", "compare_verdict": "Robustness"}


def _one_step(algorithm: str, number: int) -> dict[str, str | int | bool]:
    """Return the widgets of Train that show step `number` of an algorithm on the textbook's table."""
    return {
        "algorithm": algorithm,
        "one_step": True,
        "one_step_data": "Textbook 5 × 5",
        "one_step_k": 2,
        "one_step_number": number,
        "one_step_scroll": True,
    }


LESSONS = {
    "factors": Lesson(
        "Why are more factors not always better?",
        (
            Step(
                "start",
                {**_DATA, "k": ["2"]},
                "The people in these data were invented with 8 tastes. The model may use only 2.",
                "What must it get wrong? Look at the third picture.",
                "Whatever tells the 8 tastes apart: with 2 it has to lump several of them together. It explains 22% of "
                "the table, and its lists reach NDCG@10 0.241.",
            ),
            Step(
                "start",
                {**_DATA, "k": ["8"]},
                "Now the model may use as many tastes as the people have.",
                "What does its guess still miss, and why is that not a mistake?",
                "It misses 65% of the table: which of the many items of a taste somebody happened to choose. That is "
                "chance, which nobody can predict. The lists are the best of all k, with NDCG@10 0.299.",
            ),
            Step(
                "start",
                {**_DATA, "k": ["128"]},
                "With 128 factors the model can copy nearly every cell.",
                "Would you want its recommendations? Compare its score with that of the most popular items.",
                "No. It explains 94% of the table, but its lists reach only NDCG@10 0.032, where simply showing the "
                "most popular items reaches 0.215. It has memorised single choices.",
            ),
        ),
        "A model that explains the past better need not predict better. How many factors it needs is found on choices "
        "it has not seen.",
        "lambda",
    ),
    "lambda": Lesson(
        "What does the penalty λ do?",
        (
            Step(
                "train",
                {**_DATA, "run": [_FREE]},
                "λ says how much a large factor costs. Here it costs next to nothing: λ = 0.1.",
                "The objective falls with every pass. Do the recommendations get better with it?",
                "Hardly: NDCG@10 goes from 0.131 to 0.144, and the most popular items have 0.215. Where factors cost "
                "nothing, the model memorises single choices.",
            ),
            Step(
                "train",
                {**_DATA, "run": [_DEAR]},
                "The same model, where factors are dear: λ = 100.",
                "What is left of the people's tastes?",
                "Nothing. No taste is worth its price, so all factors shrink towards 0. At NDCG@10 0.214 the lists are "
                "about as good as those of the most popular items, 0.215.",
            ),
            Step(
                "compare",
                {**_DATA, "pin": ["implicit_als", _FREE, _DEAR]},
                "Three models that differ in λ only: 15, 0.1 and 100.",
                "Which λ would you choose, and is its lead more than chance?",
                "λ = 15: NDCG@10 0.311 instead of 0.144 and 0.214. Both intervals lie above 0, so its lead is more "
                "than chance.",
                {"compare_view": "Verdict"},
            ),
        ),
        "Too small a penalty memorises, too large a one erases. The right one is found on validation choices.",
        "leak",
    ),
    "leak": Lesson(
        "Why must a test not leak?",
        (
            Step(
                "start",
                {**_DATA, "k": ["8"]},
                "This curve is scored on choices that the model has not seen.",
                "Which k would you choose from it?",
                "8, where the curve is highest, at NDCG@10 0.299: as many as there are tastes in these data.",
            ),
            Step(
                "start",
                {**_DATA, "k": ["8"], "leak": ["yes"]},
                "Now the model also learns from the data it is tested on.",
                "Compare the two curves. Have the recommendations become better?",
                "This test cannot tell. At k = 8 it says 0.422 instead of 0.299, because the model was told the "
                "answers.",
            ),
            Step(
                "start",
                {**_DATA, "k": ["128"], "leak": ["yes"]},
                "The same leaking test, with a model that can memorise nearly everything.",
                "Which k would this test make you choose, and what would your customers get?",
                "128, with a perfect 1.000. Scored on choices it has not seen, the model with k = 128 reaches 0.032, "
                "far below the 0.215 of the most popular items.",
            ),
        ),
        "A test that the model has seen rewards memory, and makes the worst model look best.",
        "time",
    ),
    "time": Lesson(
        "What does a leak in time do?",
        (
            Step(
                "data",
                _FASHIONS,
                "In these data an item is the fashion for some weeks, and then others come. What is tested is drawn at "
                "random.",
                "How much does the model know of the time after a test choice? See “Leakage” under Train/test split.",
                "About half: on average 49% of all training choices were made after the choice that is tested.",
                {"data_view": "This data"},
            ),
            Step(
                "compare",
                {**_FASHIONS, "pin": _MODELS},
                "Two models, tested on choices that were drawn at random.",
                "Which NDCG@10 would you promise to your customers?",
                "Not the 0.161 of this test. It was reached with knowledge of which items became the fashion later, "
                "and nobody has that on the day.",
                {"compare_view": "Verdict"},
            ),
            Step(
                "compare",
                {**_FASHIONS, "pin": _MODELS},
                "The same two models, with training strictly before validation, and validation before the test.",
                "What is left of the promise?",
                "About a third: NDCG@10 0.054. What comes out later cannot be recommended from the past alone, and "
                "what was the fashion before is no longer chosen.",
                {"compare_view": "Verdict"},
                _STRICT,
            ),
        ),
        "Test as you will use it: with the past, on the future. A random split promises what nobody can keep.",
        "difference",
    ),
    "difference": Lesson(
        "Is the difference real?",
        (
            Step(
                "compare",
                {**_DATA, "pin": ["svd.n_factors-8", "svd"]},
                "The same method with 8 and with 48 factors. One of them has the higher mean.",
                "Would you pay for the larger one? Look at the interval of the difference.",
                "No. It is 0.002 ahead, and the interval from −0.005 to 0.008 contains 0: there is no clear "
                "difference.",
                {"compare_view": "Verdict"},
            ),
            Step(
                "compare",
                {**_DATA, "pin": ["svd.n_factors-8", "svd.n_factors-2"]},
                "8 factors against 2, for the same people.",
                "How does this interval differ from the last one? Why is it computed over people, not over ratings?",
                "The lead of 8 factors, 0.044 to 0.078, is surely above 0. It is computed over people because the "
                "choices of one person succeed or fail together: only people are independent trials.",
                {"compare_view": "Verdict"},
            ),
            Step(
                "compare",
                {**_DATA, "pin": ["svd.n_factors-8", "svd.n_factors-2"]},
                "A mean hides who gains and who loses.",
                "Is the better model better for everybody?",
                "No. 44% of the people get a better list, 16% a worse one, and for 40% it is equally good.",
                {"compare_view": "For whom"},
            ),
        ),
        "A mean without its interval is half a sentence, and the interval speaks of the average person.",
        "robust",
    ),
    "robust": Lesson(
        "Would another test name another winner?",
        (
            Step(
                "compare",
                {**_DATA, "pin": _RIVALS},
                "Two good models, on one split, from one seed, by one metric.",
                "Is ALS better than EASE, and is that more than chance?",
                "Yes: by NDCG@10 it is 0.018 ahead, 0.008 to 0.028. But somebody else might have split the data "
                "differently, or asked for Recall@5.",
                {"compare_view": "Verdict"},
            ),
            Step(
                "compare",
                {**_DATA, "pin": _RIVALS},
                "The same models, scored in 15 ways: by three metrics, as libraries compute them, at three lengths.",
                "In how many of them does ALS win, and what decides that?",
                "In 8. In the other 7 there is no clear difference. The length of the list decides: ALS wins in none "
                "of the ways with N = 5, and in 80% of those with N = 10.",
                _ROBUSTNESS,
            ),
            Step(
                "compare",
                {**_DATA, "pin": _RIVALS},
                "Press the button that trains more models: on two other splits, from another seed, and without the "
                "people who chose few items.",
                "Is ALS better after all?",
                "EASE wins in none of the 180 ways, so ALS is no bad choice. But ALS wins in only 72, and what decides "
                "most is the split: it wins in 23% of the ways on one split, and in 53% on another.",
                _ROBUSTNESS,
            ),
        ),
        "A verdict is about one way to test. In how many reasonable ones it holds says how far it can be trusted.",
        "truth",
    ),
    "truth": Lesson(
        "Can an offline test be believed?",
        (
            Step(
                "compare",
                {**_DATA, "pin": _MODELS},
                "Every preference in these data was planted, also those that no test sees. Here, chance alone decides "
                "which of the items that people like they rate.",
                "Does the test say what people prefer?",
                "Yes, but for chance: ALS (implicit) has NDCG@10 0.157 in the test and 0.164 by what people prefer. A "
                "model that knows everyone's tastes has 0.196 and 0.199.",
                {**_TRUTH, "truth_strength": 0.0},
            ),
            Step(
                "compare",
                {**_DATA, "pin": _MODELS},
                "Now popularity decides: of the items that people like, they rate the popular ones far more often.",
                "What would this test make you choose?",
                "Popular items: in the test they reach 0.345, and a model that knows everyone's tastes 0.138. By what "
                "people prefer it is 0.031 and 0.196. The test has them the wrong way round.",
                {**_TRUTH, "truth_strength": 2.0},
            ),
            Step(
                "compare",
                {**_DATA, "pin": _MODELS},
                "The usual data of this app lie between. Beside the usual test stands one in which a rating counts the "
                "more, the less popularity helped it.",
                "Which of the two numbers of ALS (implicit) would you report?",
                "The weighted one: 0.104, where 0.092 is true and the usual test says 0.311. But real data do not tell "
                "the weights. One has to assume them, or to show people items at random.",
                {**_TRUTH, "truth_strength": 1.0},
            ),
        ),
        "A test sees what people came across, not what they prefer. Where popularity decides the first, popular items "
        "look better than they are.",
        "als",
    ),
    "als": Lesson(
        "What happens in one half step of ALS?",
        (
            Step(
                "train",
                _DATA,
                "Five people have rated five items. At first people have no factors, and items have random ones. Step "
                "1 solves the people.",
                "On what does the taste of User 1 depend?",
                "On their three ratings, on the factors of these three items, and on λ. They make A and b, and A p = b "
                "has one solution.",
                _one_step("als", 1),
            ),
            Step(
                "train",
                _DATA,
                "Step 2 keeps the people as they are and solves the items in the same way.",
                "Why can the objective never rise?",
                "Every row becomes the best there is while the other side stays. So far the objective went from 178.09 "
                "to 176.07 to 143.23.",
                _one_step("als", 2),
            ),
            Step(
                "train",
                _DATA,
                "After ten half steps, compare the scores with the ratings in brackets.",
                "Are the ratings met? What of the cells without one?",
                "The 14 ratings are met within 0.77 stars on average. Nothing holds the empty cells: for User 1 and "
                "Item 3 the score is −5.41, on a scale from 1 to 5.",
                _one_step("als", 10),
            ),
        ),
        "ALS never searches: it solves one side exactly, then the other. It cares only for what it is asked to meet.",
        "bpr",
    ),
    "bpr": Lesson(
        "What happens with one pair of BPR?",
        (
            Step(
                "train",
                _DATA,
                "A pair is drawn: a person, an item that they liked, and one that they did not. It is User 4 with "
                "Items 3 and 2.",
                "Which numbers have to change for the liked item to rise?",
                "Only the factors of these three and the biases of the two items. The lead of Item 3 grows from 0.0595 "
                "to 0.2790.",
                _one_step("bpr", 1),
            ),
            Step(
                "train",
                _DATA,
                "The next pair. The force is 1 − σ(lead).",
                "When is the force small?",
                "When the liked item leads by far. At a lead of 0 the force is 0.5, here at 0.1981 it is 0.45, and at "
                "a lead of 3 it would be 0.05: nobody is pushed who is right already.",
                _one_step("bpr", 2),
            ),
            Step(
                "train",
                _DATA,
                "After 40 pairs, compare the scores of what people liked, rated 3 or more, with the others.",
                "How many of the 28 pairs of a liked and another item are in the right order?",
                "26, and 23 at the start. Single pairs push against each other, so it is not better after every step.",
                _one_step("bpr", 40),
            ),
        ),
        "BPR does not learn ratings, it learns orders: one pair after the other, and the sure ones hardly count.",
        "sure",
    ),
    "sure": Lesson(
        "How sure is a recommendation?",
        (
            Step(
                "compare",
                {**_STARS, "pin": _BOTH},
                "Two models of the same stars. ALS takes the factors that fit best; the Bayesian model draws many, "
                "each as often as the ratings make it likely, and predicts by their mean.",
                "Which one guesses ratings better?",
                "The Bayesian one: it is off by 0.58 stars (RMSE), ALS at its default λ by 0.81. The Bayesian model "
                "has no λ to be tuned.",
                {"compare_view": "Details", "compare_details": "Ratings vs ranking"},
            ),
            Step(
                "person",
                {**_STARS, "pin": _BOTH, "person": ["Olga B."]},
                "Of this person 4 ratings are known. Every orange dot is where one draw of the model puts them.",
                "How far would you trust the order of this list?",
                "Hardly: most neighbours are a coin toss. But the bars are honest about it. Over all people 91% of the "
                "validation ratings lie in theirs, and they promise 90%.",
                {"person_view": "How sure?"},
            ),
            Step(
                "person",
                {**_STARS, "pin": _BOTH, "person": ["Leo D."]},
                "This person has given 70 ratings.",
                "What have they changed?",
                "The cloud is 2.1 times narrower. It does not shrink to a point, and the bars do not either: how much "
                "single ratings vary anyway stays.",
                {"person_view": "How sure?"},
            ),
        ),
        "A guess without an interval hides how little it may rest on.",
        "factors",
    ),
}
