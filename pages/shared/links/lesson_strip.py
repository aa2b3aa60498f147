"""The strip above the page while a lesson is told, and the list of lessons."""

import streamlit as st

from pages.shared.error_boundary import edge
from pages.shared.links.lessons import LESSONS
from pages.shared.text import as_text
from pages.shared.url_state import ask, asked, stand, standing, taken
from recsys_core.data.split import SplitRecipe
from recsys_core.links.slug import quoted
from recsys_core.parameters import parameters

_PAGE, _VIEWS = "lesson_page", "lesson_views"


def lesson_strip(here: str) -> None:
    """What the lesson in the address says at its step; `here` is the page's file without the ending."""
    if not standing("lesson"):
        return
    name, _, number = standing("lesson")[-1].partition(".")
    steps = LESSONS[name].steps if name in LESSONS else ()
    if not steps or (number and number not in {str(each + 1) for each in range(len(steps))}):
        known = ", ".join(f"'{each}' (1 to {len(LESSONS[each].steps)})" for each in LESSONS)
        st.error(as_text(f"A lesson must be one of {known}. Got {quoted(standing('lesson')[-1])}."))
        leave()
        return
    if asked("lesson") and not asked("data"):  # opened by its name alone
        go(name, int(number or 1))
    taken("lesson")
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
            "Back", key="lesson_back", on_click=go, args=(name, number - 1), disabled=number == 1, width="stretch"
        )
        forth.button(
            "Next",
            key="lesson_next",
            type="primary",
            on_click=go,
            args=(name, number + 1),
            disabled=number == count,
            width="stretch",
        )
        end.button("Leave", key="lesson_leave", on_click=leave, width="stretch")


@edge()
def go(name: str, number: int) -> None:
    """Show a step of a lesson."""
    step, hidden = LESSONS[name].steps[number - 1], standing("hide")
    ask({**step.words, "lesson": [f"{name}.{number}"], "hide": hidden})
    usual = {f"split_{field}": parameter.default for field, parameter in parameters(SplitRecipe).items()}
    st.session_state.update({_PAGE: step.page, _VIEWS: dict(step.views)}, **usual)


@edge()
def leave() -> None:
    """End the lesson; what it shows stays."""
    stand("lesson")
    taken("lesson")


def lessons() -> None:
    """The list, for whoever looks for something to present."""
    with st.popover("Lessons", icon=":material/school:", key="lessons"):
        st.caption("Short stories with a question at every step, for a talk or a class.")
        for name, lesson in LESSONS.items():
            st.button(lesson.title, key=f"lesson_{name}", type="tertiary", on_click=go, args=(name, 1))
