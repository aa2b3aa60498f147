"""Doing what an opened address asks for. Until all of it is here, nothing else is shown as if it were the link's."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from pages.shared.context import DATA_KEY, RUN_KEY, VIEW_KEY, get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.comparison import MARGIN_KEY, SMALLEST_DIFFERENCE
from pages.shared.results.keep_cleaned import keep_cleaned
from pages.shared.server import store
from pages.shared.shell.pinned_models import MAX_PINNED, pin_runs, slug_of
from pages.shared.text import escape
from pages.shared.url_state import URL_PARAMS, consume_params, pending_param, set_url_param, url_param
from pages.shared.widgets.choose_person_item import ITEM_KEY, PERSON_KEY, find_index, select_person_and_item
from pages.shared.widgets.wait_for_runs import wait_for_runs
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import TOP_DEPTH
from recsys_core.links.data_slug import DataSlug, read_data_slug
from recsys_core.links.run_slug import SEED, RunSlug, find_run, read_run_slug
from recsys_core.links.slug import read_value
from recsys_core.metrics.ranking import METRICS
from recsys_core.numerics import distinct_environments, environment_differences, read_environment
from recsys_core.parameters import Parameter, parameters
from recsys_core.store.run import Branch, Run

_WAITING = "link_waiting"  # the page that waits for its data, and what else stands in its address
_ANYWAY, _OPENED = "link_generate_anyway", "link_opened"
_LENGTH = Parameter("k", "k", 10, "", bounds=(1, TOP_DEPTH))
_ALL = ("data", "pin", "trained_on", "run", "person", "item")


# The data


def restore_data(here: str) -> bool:
    """Whether the data that the address asks for are here, and looked at from now on; else it says what to do.

    `here` is the page's file without the ending. Who has left it for the Data page is brought back with the data.
    """
    if not _finds_data(here == "data"):
        others = {name: st.query_params.get_all(name) for name in st.query_params if name not in URL_PARAMS}
        page, kept = st.session_state.setdefault(_WAITING, (here, others))
        with suppress(StreamlitAPIException):  # a widget of the Data page has taken one of the names
            st.query_params.update({name: words for name, words in kept.items() if name not in st.query_params})
        return False
    page, kept = st.session_state.pop(_WAITING, (here, {}))
    if page != here and here == "data":
        st.switch_page(f"pages/{page}.py", query_params=kept)
    return True


def _finds_data(on_data_page: bool) -> bool:
    try:
        for key, (parameter, owner) in _settings_asked().items():
            read_value(parameter, st.query_params[key], owner)
        if not pending_param("data"):
            return True
        wanted = read_data_slug(pending_param("data")[-1])
        is_allowed = wanted.is_quick or st.session_state.pop(_ANYWAY, False)
        matching = _called(wanted) or ([_made(wanted)] if _can_be_made(wanted, is_allowed) else [])
    except InputError as error:
        _refuse(str(error))
        return False
    if len(matching) == 1:
        st.session_state[DATA_KEY] = matching[0]
        consume_params("data")
        return True
    if matching:
        choices = " or ".join(f"'data={fingerprint}'" for fingerprint in matching)
        _refuse(f"The data of a link must be one data set. Here {len(matching)} are called so: write {choices}.")
    elif wanted.make:
        size = f"{wanted.recipe.n_users:,} people × {wanted.recipe.n_items:,} items"
        st.subheader("The data of this link are not here yet.", anchor=False)
        st.write(f"They must be generated first, and they are large, {size}: it may take minutes.")
        st.button("Generate them", type="primary", on_click=lambda: st.session_state.update({_ANYWAY: True}))
        _leave_button()
    else:
        _ask_for_file(wanted.source or wanted, on_data_page)
    return False


def _settings_asked() -> dict[str, tuple[Parameter, str]]:
    """The settings that the address holds for widgets, which would pass in silence over one that cannot be."""
    known = {
        f"{prefix}_{name}": (parameter, recipe.label)
        for prefix, recipe in {"split": SplitRecipe, **ALGORITHMS}.items()
        for name, parameter in parameters(recipe).items()
    }
    known |= {"seed": (SEED, "a run"), "k": (_LENGTH, "a list"), MARGIN_KEY: (SMALLEST_DIFFERENCE, "a comparison")}
    for name, labels in (("algorithm", ALGORITHMS), ("compare_metric", METRICS)):
        options = tuple(each.label for each in labels.values())
        known[name] = Parameter(name, name, options[0], "", options=options), "a link"
    return {key: known[key] for key in st.query_params if key in known}


def _called(wanted: DataSlug) -> list[str]:
    """The fingerprints of the data sets here that a word means: names count only where it has no fingerprint."""
    rows = store().dataset_list()
    return [
        row["fingerprint"]
        for row in rows
        if (row["fingerprint"] == wanted.fingerprint if wanted.fingerprint else row["name"] == wanted.name)
    ]


def _can_be_made(wanted: DataSlug, may_generate: bool) -> bool:
    """Whether data that are not here can be generated, or made of such that are here."""
    if wanted.source is not None and len(_called(wanted.source)) == 1:
        return True
    return wanted.make is not None and may_generate


def _made(wanted: DataSlug) -> str:
    """Make the data again and keep them. Raises InputError where they come out otherwise than the word says."""
    if wanted.source is not None:
        sources = _called(wanted.source)
        return _as_told(wanted, keep_cleaned(sources[0] if sources else _made(wanted.source), wanted.steps))
    with st.spinner("Generating the data of this link…"):
        dataset = wanted.make()
    _as_told(wanted, dataset.fingerprint)
    if dataset.fingerprint not in {row["fingerprint"] for row in store().dataset_list()}:
        store().add_dataset(dataset)
    return dataset.fingerprint


def _as_told(wanted: DataSlug, fingerprint: str) -> str:
    """The fingerprint of what was made, if the word says that one or none."""
    if wanted.fingerprint and fingerprint != wanted.fingerprint:
        raise InputError(
            f"The data of this link must have the fingerprint {wanted.fingerprint}. Made here by the same settings "
            f"they have {fingerprint}: another version of the program made the link. Train and compare anew "
            "on what this version makes."
        )
    return fingerprint


def _ask_for_file(wanted: DataSlug, on_data_page: bool) -> None:
    st.subheader("The data of this link are not here.", anchor=False)
    facts = [f"**{escape(wanted.name)}**" if wanted.name else "", wanted.sentence]
    facts.append(f"fingerprint {wanted.fingerprint}" if wanted.fingerprint else "")
    st.write(f"It is about {', '.join(filter(None, facts))}. Load that file: then the link goes on by itself.")
    if not on_data_page:
        st.session_state.pop(DATA_KEY, None)  # so that what is there later was loaded since
        st.page_link("pages/data.py", label="Load it on the Data page", icon=":material/table_view:")
    else:
        if loaded := st.session_state.get(DATA_KEY):
            st.warning(f"What was loaded last has the fingerprint {loaded}: it is not the same data.")
        if st.session_state.get(VIEW_KEY, "This data") == "This data":
            st.session_state[VIEW_KEY] = "Upload a file"
    _leave_button()


# The runs, and who is looked at


def restore_runs() -> bool:
    """Whether all runs that the address asks for are here, and looked at from now on; else it says what to do."""
    if not any(pending_param(name) for name in _ALL):
        return True
    try:
        pins, looked_at = ([read_run_slug(text) for text in pending_param(name)] for name in ("pin", "run"))
        if len(pins) > MAX_PINNED:
            raise InputError(f"A link must pin at most {MAX_PINNED} runs. Got {len(pins):,}.")
        people = find_index(PERSON_KEY, pending_param("person"))
        items = find_index(ITEM_KEY, pending_param("item"))
    except InputError as error:
        _refuse(str(error))
        return False
    here = [(slug_of(run), run) for run in get_context().runs()]
    models = {run.id for run in get_context().runs_with("model")}
    usable = [(each, run) for each, run in here if run.id in models or run.is_live]
    # What is looked at may be at any point, as it was when the page was loaded again; what is pinned must have a model.
    runs = {wanted: find_run(wanted, here) for wanted in looked_at[-1:]}
    runs |= {wanted: find_run(wanted, usable) for wanted in pins}
    if missing := [wanted for wanted, run in runs.items() if run is None]:
        failed = {wanted: run.message for wanted in missing if (run := find_run(wanted, here))}
        if url_param("lesson") and not failed:
            _train(missing)
            st.rerun()
        _offer(missing, failed, len(runs))
        return False
    if live := sorted({runs[wanted].id for wanted in pins if runs[wanted].is_live}):
        st.subheader("This link is on its way: what it pins is being trained.", anchor=False)
        wait_for_runs(live)
        _leave_button()
        return False
    if pins:
        pin_runs([runs[wanted].id for wanted in pins])
    if looked_at:
        st.session_state[RUN_KEY] = runs[looked_at[-1]].id
    select_person_and_item(people, items)
    _remember(runs)
    consume_params(*_ALL)
    return True


def _offer(missing: Sequence[RunSlug], failed: dict[RunSlug, str], count: int) -> None:
    """Say which runs are missing, of those tried before why they failed, and offer to train them."""
    trainable = [wanted for wanted in missing if wanted.recipe is not None]
    st.subheader(f"{_runs(len(missing))} of this link {_are(len(missing))} not here.", anchor=False)
    st.write(
        f"The link shows {_runs(count)} on these data and this split; this store lacks the following. Nothing else is "
        "shown in the meantime, so that no other numbers are taken for the link's."
    )
    lines = [" ".join(["-", escape(wanted.label), escape(failed.get(wanted, ""))]) for wanted in missing]
    st.markdown("\n".join(lines))
    if trainable:
        label = f"Train the missing {'run' if len(trainable) == 1 else f'{len(trainable)} runs'}"
        st.button(label, key="train_link", type="primary", on_click=_train, args=(trainable,))
        st.caption(
            "In the background; nothing is replaced. With the same version of the program the numbers are equal, to "
            "the last digit on the same kind of processor with the same libraries."
        )
    _leave_button()


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


@error_boundary()
def _train(missing: Sequence[RunSlug]) -> None:
    split = get_context().split
    for wanted in missing:
        fork = None
        if wanted.before is not None:
            parent = find_run(wanted.parent, [(slug_of(run), run) for run in get_context().runs()])
            parent_id = parent.id if parent else store().add_run(split, wanted.algorithm, wanted.before, wanted.seed)
            fork = Branch(parent_id, wanted.epoch, wanted.before)
        store().add_run(split, wanted.algorithm, wanted.recipe, wanted.seed, branch=fork)


# Whether they are the same numbers


def _remember(runs: dict[RunSlug, Run]) -> None:
    """Which fingerprints the link has told, and what stands here instead."""
    told = {
        wanted.fingerprint: (run.label, slug_of(run).fingerprint) for wanted, run in runs.items() if wanted.fingerprint
    }
    if told:
        st.session_state[_OPENED] = (get_context().split.fingerprint, told, _environment_differences(runs.values()))


def _environment_differences(runs: Iterable[Run]) -> list[str]:
    """What the link's runs were trained on that differs from what these runs were trained on."""
    theirs = [read_environment(text) for text in pending_param("trained_on")]
    ours = distinct_environments(run.environment for run in runs)
    if any(not environment_differences(there, here) for there in theirs for here in ours):
        return []
    return list(dict.fromkeys(each for t in theirs for o in ours for each in environment_differences(t, o)))


def show_link_check() -> None:
    """In the sidebar, as long as its split is looked at: whether the link shows the same numbers here."""
    split, told, differences = st.session_state.get(_OPENED, ("", {}, []))
    if split != get_context().split.fingerprint:
        return
    if all(here == theirs for theirs, (_, here) in told.items()):
        if differences:
            st.sidebar.caption(
                escape(
                    f"Same data, settings and seeds as in the link ({_runs(len(told))}), but trained elsewhere: "
                    f"{'; '.join(differences)}. The last digits may differ."
                )
            )
        else:
            st.sidebar.caption(
                f":material/check: Verified: same results as in the link ({_runs(len(told))}, "
                f"fingerprint {', '.join(told)})."
            )
        return
    for theirs, (label, here) in told.items():
        if here != theirs:
            st.warning(
                escape(
                    f"{label} was trained here by another version of the program than the link's: fingerprint {here}, "
                    f"the link's is {theirs}. Its numbers may differ."
                )
            )


def sync_run_to_url() -> None:
    """Let the run looked at stand in the address, once a page that looks at one has been opened."""
    run = next((run for run in get_context().runs() if run.id == st.session_state.get(RUN_KEY)), None)
    set_url_param("run", *([slug_of(run).text] if run else []))


# Saying so


def _refuse(sentence: str) -> None:
    st.subheader("This link cannot be shown as it is.", anchor=False)
    st.error(escape(sentence))
    _leave_button()


def _leave_button() -> None:
    st.button("Go on without it", key="leave_link", on_click=discard_link, help="Shows what is here instead.")


@error_boundary()
def discard_link() -> None:
    """Give up what the address asks for and is not shown yet."""
    for name in _ALL:
        if pending_param(name):
            set_url_param(name)
    consume_params(*_ALL)
    st.session_state.pop(_WAITING, None)
    for key, (parameter, owner) in _settings_asked().items():
        try:
            read_value(parameter, st.query_params[key], owner)
        except InputError:
            del st.query_params[key]
