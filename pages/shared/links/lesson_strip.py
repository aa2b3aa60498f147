"""The strip above the page while a lesson is told, and the list of lessons."""

import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.links.lessons import LESSONS
from pages.shared.text import escape
from pages.shared.url_state import consume_params, pending_param, request_url_params, set_url_param, url_param
from recsys_core.data.split import SplitRecipe
from recsys_core.links.slug import quoted
from recsys_core.parameters import parameters

_PAGE, _VIEWS = "lesson_page", "lesson_views"


def draw_lesson_strip(here: str) -> None:
    """What the lesson in the address says at its step; `here` is the page's file without the ending."""
    if not url_param("lesson"):
        return
    name, _, number = url_param("lesson")[-1].partition(".")
    steps = LESSONS[name].steps if name in LESSONS else ()
    if not steps or (number and number not in {str(each + 1) for each in range(len(steps))}):
        known = ", ".join(f"'{each}' (1 to {len(LESSONS[each].steps)})" for each in LESSONS)
        st.error(escape(f"A lesson must be one of {known}. Got {quoted(url_param('lesson')[-1])}."))
        exit_lesson()
        return
    if pending_param("lesson") and not pending_param("data"):  # opened by its name alone
        show_step(name, int(number or 1))
    consume_params("lesson")
    page = st.session_state.pop(_PAGE, here)
    if page != here:
        st.switch_page(f"pages/{page}.py", query_params={})
    st.session_state.update(st.session_state.pop(_VIEWS, {}))
    _draw(name, int(number or 1))


def _draw(name: str, number: int) -> None:
    lesson = LESSONS[name]
    step, count = lesson.steps[number - 1], len(lesson.steps)
    with st.container(border=True, key="lesson", gap="small"):
        text, back, forth, end = st.columns([7, 1, 1, 1], vertical_alignment="center", gap="small")
        text.markdown(f"{step.sentence} **{step.question}**  \n:small[{lesson.title} Step {number} of {count}.]")
        back.button(
            "Back",
            key="lesson_back",
            on_click=show_step,
            args=(name, number - 1),
            disabled=number == 1,
            width="stretch",
        )
        forth.button(
            "Next",
            key="lesson_next",
            type="primary",
            on_click=show_step,
            args=(name, number + 1),
            disabled=number == count,
            width="stretch",
        )
        end.button("Leave", key="lesson_leave", on_click=exit_lesson, width="stretch")


@error_boundary()
def show_step(name: str, number: int) -> None:
    """Show a step of a lesson."""
    step, hidden = LESSONS[name].steps[number - 1], url_param("hide")
    request_url_params({**step.words, "lesson": [f"{name}.{number}"], "hide": hidden})
    usual = {f"split_{field}": parameter.default for field, parameter in parameters(SplitRecipe).items()}
    st.session_state.update({_PAGE: step.page, _VIEWS: dict(step.views)}, **usual)


@error_boundary()
def exit_lesson() -> None:
    """End the lesson; what it shows stays."""
    set_url_param("lesson")
    consume_params("lesson")


def draw_lesson_list() -> None:
    """The list, for whoever looks for something to present."""
    with st.popover("Lessons", icon=":material/school:", key="lessons"):
        st.caption("Short stories with a question at every step, for a talk or a class.")
        for name, lesson in LESSONS.items():
            st.button(lesson.title, key=f"lesson_{name}", type="tertiary", on_click=show_step, args=(name, 1))
