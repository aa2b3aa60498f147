"""A browser that draws a page late, since it still loads its code, shows what it would have shown in time.

Streamlit tells a browser once what a script has set. Where the page is drawn anew before the browser has a widget, the
widget shows its default, which the browser then reports as if a hand had chosen it: a split once changed in this way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from tests.browser.conftest import PAGES

pytestmark = pytest.mark.browser

OTHER_SPLIT = "split_method=leave one out&split_seed=3&plain_words=true"
# What each page is told by a link that is not its default, so that something is lost where it is lost.
LINKS = {
    "": (OTHER_SPLIT,),
    "train": (
        f"{OTHER_SPLIT}&algorithm=BPR&bpr_n_factors=9&bpr_n_epochs=7&bpr_start=noise&seed=2&slow_motion=true",
        "one_step=true&one_step_data=These data&one_step_k=3&one_step_number=2",
    ),
    "data": (OTHER_SPLIT,),
    "factors": ("rotate=true",),
    "person": ("person_view=Without an item",),
    "compare": ("metric=MAP&N=7&smallest_difference=5", "compare_view=Details", "compare_view=How metrics work"),
    "what_if": (OTHER_SPLIT, "what_if=Continue training", "what_if=Corrupt the data"),
    "optimise": (
        "landscape=Convex twin&ridge=0.3&step_share=0.2&start_a=0.4",
        "optimise=Eckart–Young&young_k=3&young_hidden=20",
        "optimise=SLSQP blends models",
        "optimise=Textbook",
    ),
    "history": ("history_words=als", "history_status=Archived"),
}


@dataclass
class Visitor:
    """A browser that never says what its widgets show."""

    connection: Any
    page_hash: str = ""

    def draw(self, page: str = "", query: str = "") -> dict[str, list[str]]:
        """Have the page drawn, and return what each widget would show to whoever has not drawn it before."""
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query
        message.rerun_script.page_script_hash = self.page_hash
        self.connection.send(message.SerializeToString())
        shown: dict[str, list[str]] = {}
        while True:
            said = ForwardMsg.FromString(self.connection.recv(60))
            kind = said.WhichOneof("type")
            if kind == "new_session":
                shown = {}
            elif kind == "navigation":
                self.page_hash = said.navigation.page_script_hash
            elif kind == "delta" and said.delta.WhichOneof("type") == "new_element":
                element = getattr(said.delta.new_element, said.delta.new_element.WhichOneof("type"))
                if hasattr(element, "set_value"):
                    shown[element.id] = values_of(element)
            elif kind == "script_finished" and said.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return shown


def values_of(element: Any) -> list[str]:
    """Return what a widget shows where it is drawn anew: the options or values that are chosen."""
    options = [getattr(option, "content", option) for option in getattr(element, "options", ())]
    value = element.default
    if element.set_value:
        said = [
            getattr(element, name) for name in ("raw_values", "raw_value", "values", "value") if hasattr(element, name)
        ]
        value = next((each for each in said if each), said[-1])
    values = [value] if isinstance(value, str | int | float | bool) else list(value)
    return [options[int(each)] if options and not isinstance(each, str) else str(each) for each in values]


@contextmanager
def visiting(url: str) -> Iterator[Visitor]:
    address = f"{url.replace('http', 'ws')}/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], max_size=None) as connection:
        yield Visitor(connection)


@pytest.mark.parametrize(("page", "query"), [(page, query) for page in PAGES for query in LINKS[page]])
def test_a_browser_that_draws_a_page_late_shows_what_it_would_have_shown_in_time(server, page, query):
    with visiting(server.url) as visitor:
        in_time = visitor.draw(page, f"data=planted&{query}")
        late = visitor.draw()
    for name, text in parse_qsl(query.removeprefix("one_step=true&")):  # an expander, not a widget
        shown = [values for key, values in in_time.items() if key.endswith(f"-{name}")]
        assert shown in ([[text]], [[text.title()]], [[f"{text}.0"]]), f"{name} of the link is not shown"
    trained_meanwhile = late.keys() - in_time.keys()  # a fresh server still trains its first models
    assert {key: values for key, values in late.items() if key not in trained_meanwhile} == in_time
