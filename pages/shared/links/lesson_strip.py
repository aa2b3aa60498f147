"""The strip above the page that leads through a lesson, and the list of lessons."""

import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.links.lessons import LESSONS
from pages.shared.text import escape
from pages.shared.url_state import consume_params, pending_param, request_url_params, set_url_param, url_param
from recsys_core.data.split import SplitRecipe
from recsys_core.links.slug import quoted
from recsys_core.parameters import parameters

NEXT_KEY, BACK_KEY, EXIT_KEY = "lesson_next", "lesson_back", "lesson_exit"
_PAGE, _VIEWS = "lesson_page", "lesson_views"


def draw_lesson_strip(page_name: str) -> None:
    """Draw the step of the lesson that the URL names, on its page; `page_name` is the open page."""
    if not url_param("lesson"):
        return
    name, _, number = url_param("lesson")[-1].partition(".")
    steps = LESSONS[name].steps if name in LESSONS else ()
    if not steps or (number and number not in {str(each + 1) for each in range(len(steps))}):
        known = ", ".join(f"'{each}' (1 to {len(LESSONS[each].steps)})" for each in LESSONS)
        st.error(escape(f"A lesson must be one of {known}. Got {quoted(url_param('lesson')[-1])}."))
        exit_lesson()
        return
    if pending_param("lesson") and not pending_param("data"):  # the URL holds nothing but the lesson
        show_step(name, int(number or 1))
    consume_params("lesson")
    page = st.session_state.pop(_PAGE, page_name)
    if page != page_name:
        st.switch_page(f"pages/{page}.py", query_params={})
    st.session_state.update(st.session_state.pop(_VIEWS, {}))
    _draw(name, int(number or 1))


def _draw(name: str, number: int) -> None:
    lesson = LESSONS[name]
    step, count = lesson.steps[number - 1], len(lesson.steps)
    with st.container(border=True, key="lesson", gap="small"):
        text, left, middle, right = st.columns([7, 1, 1, 1], vertical_alignment="center", gap="small")
        text.markdown(f"{step.sentence} **{step.question}**  \n:small[{lesson.title} Step {number} of {count}.]")
        with left:
            _step_button("Back", BACK_KEY, name, number - 1, count)
        with middle:
            _step_button("Next", NEXT_KEY, name, number + 1, count)
        right.button("Exit", key=EXIT_KEY, on_click=exit_lesson, width="stretch", help="Ends the lesson.")


def _step_button(label: str, key: str, name: str, number: int, count: int) -> None:
    st.button(
        label,
        key=key,
        type="primary" if key == NEXT_KEY else "secondary",
        on_click=show_step,
        args=(name, number),
        disabled=not 1 <= number <= count,
        width="stretch",
    )


@error_boundary()
def show_step(name: str, number: int) -> None:
    """Ask for the page and the URL parameters of a step; what is hidden stays hidden."""
    step, hidden = LESSONS[name].steps[number - 1], url_param("hide")
    request_url_params({**step.url_params, "lesson": [f"{name}.{number}"], "hide": hidden})
    default_split = {f"split_{field}": parameter.default for field, parameter in parameters(SplitRecipe).items()}
    st.session_state.update({_PAGE: step.page, _VIEWS: dict(step.views)}, **default_split)


@error_boundary()
def exit_lesson() -> None:
    """End the lesson; what it shows stays."""
    set_url_param("lesson")
    consume_params("lesson")


def draw_lesson_list() -> None:
    """Draw the button that opens the list of lessons."""
    with st.popover("Lessons", icon=":material/school:", key="lessons"):
        st.caption("Short guided tours with a question at each step, for a talk or a class.")
        for name, lesson in LESSONS.items():
            st.button(lesson.title, key=f"lesson_{name}", type="tertiary", on_click=show_step, args=(name, 1))
