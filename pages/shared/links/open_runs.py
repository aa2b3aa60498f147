"""Restore the runs and the selection named in an opened link. While any is missing, the page shows only how to get it.

So no other numbers are taken for the link's.
"""

from collections.abc import Iterable, Sequence

import streamlit as st

from pages.shared.context import RUN_KEY, get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.links.link_check import remember_link
from pages.shared.links.refuse_link import LINK_PARAMS, draw_discard_button, refuse_link
from pages.shared.server import store
from pages.shared.shell.pin_list import MAX_PINNED
from pages.shared.shell.pinned_models import pin_runs, slug_of
from pages.shared.text import escape
from pages.shared.url_state import consume_params, pending_param, set_url_param, url_param
from pages.shared.widgets.choose_person_item import ITEM_KEY, PERSON_KEY, find_index, select_person_and_item
from pages.shared.widgets.wait_for_runs import wait_for_runs
from recsys_core.errors import InputError
from recsys_core.links.run_slug import RunSlug, find_run, read_run_slug
from recsys_core.store.run import Branch, Run

TRAIN_KEY = "train_linked_runs"


def restore_runs() -> bool:
    """Select the runs, person and item that the URL asks for; where runs are missing, say so and return False."""
    if not any(pending_param(name) for name in LINK_PARAMS):
        return True
    try:
        pinned, shown = ([read_run_slug(text) for text in pending_param(name)] for name in ("pin", "run"))
        if len(pinned) > MAX_PINNED:
            raise InputError(f"A link must pin at most {MAX_PINNED} runs. Got {len(pinned):,}.")
        person = find_index(PERSON_KEY, pending_param("person"))
        item = find_index(ITEM_KEY, pending_param("item"))
    except InputError as error:
        refuse_link(str(error))
        return False
    known = _slugs_of(get_context().runs())
    with_model = {run.id for run in get_context().runs_with("model")}
    usable = [(slug, run) for slug, run in known if run.id in with_model or run.is_live]
    # The run shown may be in any state, as it was when the page was loaded again; a pinned one must have a model.
    # By their texts, as a link may also pin two runs that differ in the version of the program alone.
    asked = {slug.text: (slug, known) for slug in shown[-1:]} | {slug.text: (slug, usable) for slug in pinned}
    restored = {text: run for text, (slug, runs) in asked.items() if (run := find_run(slug, runs))}
    if missing := list(dict.fromkeys(slug for text, (slug, _) in asked.items() if text not in restored)):
        failures = {slug: run.message for slug in missing if (run := find_run(slug, known))}
        if url_param("lesson") and not failures:
            _train(missing)
            st.rerun()
        _offer_to_train(missing, failures, len({slug for slug, _ in asked.values()}))
        return False
    if live := sorted({run.id for slug in pinned if (run := restored[slug.text]).is_live}):
        st.subheader("The models of this link are being trained.", anchor=False)
        wait_for_runs(live)
        draw_discard_button()
        return False
    pins = list(dict.fromkeys(restored[slug.text].id for slug in pinned))
    if pins:
        pin_runs(pins, get_context().split.fingerprint)
    if shown:
        st.session_state[RUN_KEY] = restored[shown[-1].text].id
    select_person_and_item(person, item)
    remember_link([(asked[text][0], run) for text, run in restored.items()], pins)
    consume_params(*LINK_PARAMS)
    return True


def _slugs_of(runs: Iterable[Run]) -> list[tuple[RunSlug, Run]]:
    return [(slug_of(run), run) for run in runs]


def _offer_to_train(missing: Sequence[RunSlug], failures: dict[RunSlug, str], count: int) -> None:
    """Say which of the link's `count` runs are missing and why earlier attempts failed, and offer to train them."""
    trainable = [slug for slug in missing if slug.recipe is not None]
    which = f"{len(missing)} of the {count} runs"
    if len(missing) == count:
        which = "The run" if count == 1 else f"The {count} runs"
    st.subheader(f"{which} in this link {'is' if len(missing) == 1 else 'are'} missing here.", anchor=False)
    st.write("Until they are here, nothing else is shown, so that no other numbers are taken for the link's. Missing:")
    lines = [" ".join(["-", escape(slug.label), escape(failures.get(slug, ""))]) for slug in missing]
    st.markdown("\n".join(lines))
    if trainable:
        label = "Train the missing run" if len(trainable) == 1 else f"Train the {len(trainable)} missing runs"
        st.button(label, key=TRAIN_KEY, type="primary", on_click=_train, args=(trainable,))
        st.caption(
            "They train in the background, and nothing is replaced. The same version of the program gives the same "
            "numbers, to the last digit on the same kind of processor with the same libraries."
        )
    draw_discard_button()


@error_boundary()
def _train(missing: Sequence[RunSlug]) -> None:
    """Queue the missing runs, and before a branch the run that it branches off from."""
    split = get_context().split
    for slug in missing:
        if slug.recipe is None:
            continue
        branch = None
        if slug.before is not None:
            parent = find_run(slug.parent, _slugs_of(get_context().runs()))
            parent_id = parent.id if parent else store().queue.add_run(split, slug.algorithm, slug.before, slug.seed)
            branch = Branch(parent_id, slug.epoch, slug.before)
        store().queue.add_run(split, slug.algorithm, slug.recipe, slug.seed, branch=branch)


def sync_run_to_url() -> None:
    """Write the run shown into the URL, once a page that shows one has been opened."""
    run = next((run for run in get_context().runs() if run.id == st.session_state.get(RUN_KEY)), None)
    set_url_param("run", *([slug_of(run).text] if run else []))
