"""The strip above the page that leads through a lesson, and the list of lessons."""

import streamlit as st

from pages.shared.context import SPLIT_KEYS, select_split
from pages.shared.error_boundary import error_boundary
from pages.shared.links.lessons import LESSONS
from pages.shared.shell.pinned_models import LISTS_KEY
from pages.shared.text import escape
from pages.shared.url_state import (
    consume_params,
    pending_param,
    request_url_params,
    set_url_param,
    talk_params,
    url_param,
)
from pages.shared.widgets.hold_values import hold_values
from recsys_core.links.slug import quoted

NEXT_KEY, BACK_KEY, EXIT_KEY, ANSWER_KEY = "lesson_next", "lesson_back", "lesson_exit", "lesson_answer"
_PAGE, _VIEWS, _BEFORE = "lesson_page", "lesson_views", "before_lesson"
_KEPT = ("data", "run", "person", "item", "k", "leak")  # URL parameters that come back after a lesson
# What a step is about may be far down on its page, so the strip stays in sight.
_STICKY = """<style>
@media (min-width: 640px) {
  .st-key-lesson { background: canvas; }
  [data-testid=stLayoutWrapper]:has(> .st-key-lesson) { position: sticky; top: 3.2rem; z-index: 90; }
}
</style>"""


def draw_lesson_strip(page_name: str) -> None:
    """Draw the step of the lesson that the URL names, on its page; `page_name` is the open page."""
    _open_page(page_name)
    if not url_param("lesson"):
        return
    name, _, number = url_param("lesson")[-1].partition(".")
    steps = LESSONS[name].steps if name in LESSONS else ()
    if not steps or (number and number not in {str(each + 1) for each in range(len(steps))}):
        known = ", ".join(f"'{each}' (1 to {len(LESSONS[each].steps)})" for each in LESSONS)
        st.error(escape(f"A lesson must be one of {known}. Got {quoted(url_param('lesson')[-1])}."))
        end_lesson()
        return
    if pending_param("lesson") and not pending_param("data"):  # the URL holds nothing but the lesson
        show_step(name, int(number or 1))
        _open_page(page_name)
    consume_params("lesson")
    st.session_state.update(st.session_state.pop(_VIEWS, {}))
    _draw(name, int(number or 1))


def _open_page(page_name: str) -> None:
    """Go to the page that a step, or the end of a lesson, has asked for."""
    page = st.session_state.pop(_PAGE, page_name)
    if page != page_name:
        hold_values(*SPLIT_KEYS)
        st.switch_page(f"pages/{page}.py", query_params={})


def _draw(name: str, number: int) -> None:
    lesson = LESSONS[name]
    step, count = lesson.steps[number - 1], len(lesson.steps)
    st.html(_STICKY)
    with st.container(border=True, key="lesson", gap="small"):
        text, left, middle, right = st.columns([5.8, 0.8, 1.2, 1.6], vertical_alignment="top", gap="small")
        with text:
            st.markdown(f"{step.sentence} **{step.question}**  \n:small[{lesson.title} Step {number} of {count}.]")
            moral = f"\n\n**What to remember.** {lesson.moral}" if number == count else ""
            with st.expander("Answer", key=f"{ANSWER_KEY}_{name}_{number}", type="compact"):
                st.markdown(step.answer + moral)
        with left:
            _step_button("Back", BACK_KEY, name, number - 1, disabled=number == 1)
        with middle:
            if number < count:
                _step_button("Next", NEXT_KEY, name, number + 1)
            else:
                _step_button("Next lesson", NEXT_KEY, lesson.next, 1, help=LESSONS[lesson.next].title)
        is_back = _BEFORE in st.session_state
        right.button(
            "Back to my data" if is_back else "Exit lesson",
            key=EXIT_KEY,
            on_click=end_lesson,
            width="stretch",
            help="Ends the lesson and brings back the data, split and pinned models from before it."
            if is_back
            else "Ends the lesson. What it shows stays.",
        )


def _step_button(
    label: str, key: str, name: str, number: int, *, disabled: bool = False, help: str | None = None
) -> None:
    st.button(
        label,
        key=key,
        type="primary" if key == NEXT_KEY else "secondary",
        on_click=show_step,
        args=(name, number),
        disabled=disabled,
        width="stretch",
        help=help,
    )


@error_boundary()
def show_step(name: str, number: int) -> None:
    """Ask for the page, the URL parameters and the split of a step; what is hidden stays hidden."""
    if not url_param("lesson"):
        _remember()
    step = LESSONS[name].steps[number - 1]
    request_url_params({**step.url_params, "lesson": [f"{name}.{number}"], **talk_params()})
    select_split(step.split)
    st.session_state.update({_PAGE: step.page, _VIEWS: dict(step.views)})


def step_lesson(step: int) -> None:
    """Show the step of the lesson that lies `step` further, in a callback; at either end nothing happens."""
    name, _, number = url_param("lesson")[-1].partition(".")
    wanted = int(number or 1) + step
    if 1 <= wanted <= len(LESSONS[name].steps):
        show_step(name, wanted)


def _remember() -> None:
    """Remember what is shown and pinned, for when the lesson ends."""
    split = {key: st.session_state.get(key) for key in SPLIT_KEYS}
    st.session_state[_BEFORE] = (
        {name: url_param(name) for name in _KEPT if url_param(name)},
        {key: value for key, value in split.items() if value is not None},
        dict(st.session_state.get(LISTS_KEY, {})),
    )


@error_boundary()
def end_lesson() -> None:
    """End the lesson, and bring back what was shown and pinned before it; after a lesson from a link, all stays."""
    set_url_param("lesson")
    consume_params("lesson")
    if _BEFORE in st.session_state:
        shown, split, pins = st.session_state.pop(_BEFORE)
        request_url_params({**shown, **talk_params()})
        st.session_state.update({_PAGE: "start", LISTS_KEY: pins}, **split)


def draw_lesson_list() -> None:
    """Draw the button that opens the list of lessons."""
    with st.popover("Lessons", icon=":material/school:", key="lessons"):
        st.caption("Short guided tours, with a question and its answer at each step, for a talk or a class.")
        with st.container(gap="xxsmall"):
            for name, lesson in LESSONS.items():
                st.button(lesson.title, key=f"lesson_{name}", type="tertiary", on_click=show_step, args=(name, 1))
