"""Restore the data named in an opened link. While they are missing, the page shows only how to get them."""

from contextlib import suppress
from datetime import UTC, datetime

import streamlit as st
from streamlit.errors import StreamlitAPIException

from pages.shared.context import DATA_KEY, DATA_VIEW_KEY, THIS_DATA, UPLOAD
from pages.shared.error_boundary import error_boundary
from pages.shared.links.refuse_link import (
    WAITING_KEY,
    check_settings,
    discard_link,
    draw_discard_button,
    refuse_link,
    warn_of_unknown_params,
)
from pages.shared.results.keep_cleaned import keep_cleaned_beside
from pages.shared.server import store
from pages.shared.text import escape
from pages.shared.url_state import URL_PARAMS, consume_params, pending_param
from pages.shared.widgets.hold_values import hold_values
from recsys_core.errors import InputError
from recsys_core.links.data_slug import DataSlug, read_data_slug
from recsys_core.store.manage_datasets import list_managed_datasets

GENERATE_KEY, CHOOSE_KEY = "generate_linked_data", "choose_linked_data"
SELECTED, FILE_WANTED, STOPPED = "selected", "file wanted", "stopped"
"""What has become of the data of a link: they are shown, the Data page must load them, or nothing else is drawn."""
_MAY_GENERATE = "link_may_generate"


def restore_data(page_name: str) -> str:
    """Select the data that the URL asks for; where they are missing, say what to do. Return what has become of them.

    `page_name` is the page's file without the ending. Whoever has gone to the Data page to load the data is brought
    back to the page of the link with them.
    """
    warn_of_unknown_params()
    state = _select_linked_data(on_data_page=page_name == "data")
    if state != SELECTED:
        others = {name: st.query_params.get_all(name) for name in st.query_params if name not in URL_PARAMS}
        page, kept = st.session_state.setdefault(WAITING_KEY, (page_name, others))
        with suppress(StreamlitAPIException):  # a widget of the Data page has taken one of the names
            st.query_params.update({name: values for name, values in kept.items() if name not in st.query_params})
        return state
    page, kept = st.session_state.pop(WAITING_KEY, (page_name, {}))
    if page != page_name and page_name == "data":
        hold_values(DATA_KEY)
        st.switch_page(f"pages/{page}.py", query_params=kept)
    return state


def _select_linked_data(on_data_page: bool) -> str:
    try:
        check_settings()
        if not pending_param("data"):
            return SELECTED
        wanted = read_data_slug(pending_param("data")[-1])
        may_generate = wanted.is_quick or st.session_state.pop(_MAY_GENERATE, False)
        matching = _find(wanted)
        if not matching and (made := _make(wanted, may_generate)):
            matching = [made]
    except InputError as error:
        refuse_link(str(error))
        return STOPPED
    if len(matching) == 1:
        st.session_state[DATA_KEY] = matching[0]
        consume_params("data")
        return SELECTED
    if matching:
        _let_choose(wanted.name, matching)
    elif wanted.make and wanted.recipe:
        _offer_to_generate(wanted.recipe.n_users, wanted.recipe.n_items)
    else:
        _ask_for_file(wanted.source or wanted, on_data_page)
        return FILE_WANTED
    return STOPPED


def _let_choose(name: str, matching: list[str]) -> None:
    """Let the person choose between data sets of one name."""
    st.subheader(f"{len(matching)} data sets have the name of this link.", anchor=False)
    st.write(f"Which “{escape(name)}” is meant? The link opens with the one that you choose.")
    for data in list_managed_datasets(store()):
        if data.fingerprint in matching:
            loaded = datetime.fromtimestamp(data.created, UTC)
            runs = f"{data.n_runs:,} run{'' if data.n_runs == 1 else 's'}"
            st.button(
                escape(f"{data.sentence} · {runs} · added {loaded:%-d %b %Y, %H:%M} UTC · {data.fingerprint}"),
                key=f"{CHOOSE_KEY}_{data.fingerprint}",
                on_click=_choose,
                args=(data.fingerprint,),
            )
    draw_discard_button()


@error_boundary()
def _choose(fingerprint: str) -> None:
    st.session_state[DATA_KEY] = fingerprint
    consume_params("data")


def _find(wanted: DataSlug) -> list[str]:
    """Return the fingerprints of the stored data sets that are meant: by fingerprint, else by name."""
    rows = store().dataset_list()
    return [
        row["fingerprint"]
        for row in rows
        if (row["fingerprint"] == wanted.fingerprint if wanted.fingerprint else row["name"] == wanted.name)
    ]


def _make(wanted: DataSlug, may_generate: bool) -> str | None:
    """Make and store the data, and return their fingerprint; None where only a file has them, or must not be generated.

    Raises InputError where they come out differently from what the link says.
    """
    if wanted.source is not None:
        stored = _find(wanted.source)
        source = stored[0] if len(stored) == 1 else _make(wanted.source, may_generate)
        return _checked(wanted, keep_cleaned_beside(source, wanted.steps, _discard)) if source else None
    make = wanted.make
    if make is None or not may_generate:
        return None
    with st.spinner("Generating the data of this link…"):
        dataset = make()
    _checked(wanted, dataset.fingerprint)
    if dataset.fingerprint not in {row["fingerprint"] for row in store().dataset_list()}:
        store().add_dataset(dataset)
    return dataset.fingerprint


def _discard() -> bool:
    discard_link()
    return True


def _checked(wanted: DataSlug, fingerprint: str) -> str:
    """Return the fingerprint of what was made. Raises InputError where the link names another one."""
    if wanted.fingerprint and fingerprint != wanted.fingerprint:
        raise InputError(
            f"The data of this link must have the fingerprint {wanted.fingerprint}. Got {fingerprint} from the same "
            "settings here, because another version of the program made the link. Train and compare again on the data "
            "of this version."
        )
    return fingerprint


def _offer_to_generate(n_users: int, n_items: int) -> None:
    st.subheader("The data of this link have to be generated.", anchor=False)
    st.write(f"For {n_users:,} people × {n_items:,} items this may take minutes.")
    st.button(
        "Generate the data",
        key=GENERATE_KEY,
        type="primary",
        on_click=lambda: st.session_state.update({_MAY_GENERATE: True}),
    )
    draw_discard_button()


def _ask_for_file(wanted: DataSlug, on_data_page: bool) -> None:
    st.subheader("The data of this link are not here.", anchor=False)
    facts = [f"**{escape(wanted.name)}**" if wanted.name else "", wanted.sentence]
    facts.append(f"fingerprint {wanted.fingerprint}" if wanted.fingerprint else "")
    st.write(f"The link shows {', '.join(filter(None, facts))}. Load this file, and the link opens by itself.")
    if not on_data_page:
        st.session_state.pop(DATA_KEY, None)  # so that what is there later was loaded since
        st.page_link("pages/data.py", label="Load it on the Data page", icon=":material/table_view:")
    else:
        if loaded := st.session_state.get(DATA_KEY):
            st.warning(f"The file you loaded holds other data: its fingerprint is {loaded}.")
        if st.session_state.get(DATA_VIEW_KEY, THIS_DATA) == THIS_DATA:
            st.session_state[DATA_VIEW_KEY] = UPLOAD
    draw_discard_button()
