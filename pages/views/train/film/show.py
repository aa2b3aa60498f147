"""Show a run's training as a film, alone or beside another run's."""

import time

import streamlit as st

from pages.shared.context import get_context, run_or_none
from pages.shared.error_boundary import error_boundary
from pages.shared.results.plain_words import wants_plain_words
from pages.shared.server import store
from pages.shared.text import escape
from pages.shared.url_state import set_url_param
from pages.shared.widgets.choose_person_item import PERSON_KEY, list_people
from pages.shared.widgets.set_widget import set_widget
from pages.views.train.film import film_player
from pages.views.train.film.payload import colour_points, compose_film
from pages.views.train.slow_motion import is_shown_slowly, shown_records
from recsys_core.data.nouns import join_words
from recsys_core.film.film import Film
from recsys_core.film.sentence import define, describe, find
from recsys_core.runner.film_writer import has_film
from recsys_core.store.run import USABLE, Run

FILM_PERSON_KEY, BESIDE_KEY = "film_person", "film_beside"
_REFRESH_SECONDS, _WRITTEN_WITHIN = 1.0, 20.0


def show_film(run: Run) -> None:
    """Draw the film of `run`, which grows while the run is live; say why where there is none."""
    if not has_film(run.recipe, get_context().split.train):
        one_step = run.recipe.has_nested_factors or run.recipe.last_epoch(get_context().split.train) == 1
        why = "is computed in one step" if one_step else f"draws new factors for every {run.recipe.epoch_word}"
        if run.has_factors or run.recipe.is_item_based:
            st.caption(f"{escape(run.recipe.label)} {why}, so there is no training to replay.")
        return
    is_coming = run.is_live or is_shown_slowly(run) or _is_being_written(run)
    st.fragment(_draw, run_every=_REFRESH_SECONDS if is_coming else None)(run.id, is_coming)


def _is_being_written(run: Run) -> bool:
    """Whether the run has ended just now and its film is not stored yet."""
    just_ended = run.ended is not None and abs(time.time() - run.ended) < _WRITTEN_WITHIN
    return just_ended and not run.in_background and run.state in USABLE and not _is_whole(store().film(run.id))


def _is_whole(film: Film | None) -> bool:
    return film is not None and film.has_ended


@error_boundary()
def _draw(run_id: int, was_coming: bool) -> None:
    run = run_or_none(run_id)
    if run is None:
        return
    film = store().film(run.id) if was_coming else _film(run.fingerprint, run.id, run.ended)
    is_growing = run.is_live or is_shown_slowly(run)
    if was_coming and not is_growing and _is_whole(film):
        st.rerun()
    if film is not None and is_shown_slowly(run):
        records = shown_records(run, store().epochs(run.id), run.recipe.last_epoch(get_context().split.train))
        film = film.until(records[-1].number if records else 0)
    if film is None:
        if not run.is_live and not was_coming:
            st.caption("This run has no film: it was part of a sweep, or trained by an earlier version of this app.")
        return
    player, below = st.container(), st.columns(2)
    with below[1]:
        beside = None if is_growing else _choose_beside(run)
    other = None if beside is None else _film(beside.fingerprint, beside.id, beside.ended)
    with below[0]:
        person = _choose_person(film, other)
    context, films = get_context(), [compose_film(get_context(), run, film, person, store().epochs(run.id))]
    kind = "taste" if context.dataset.ground_truth is not None else "genre"
    plainly, (sentence, note) = wants_plain_words(), ("", "")
    if film.has_ended:
        sentence, note = _describe(run.fingerprint, run.id, run.ended, kind, plainly, run, film)
    if beside is not None and other is not None:
        films.append(compose_film(context, beside, other, person, store().epochs(beside.id)))
        said = ""
        if other.has_ended:
            said, _ = _describe(beside.fingerprint, beside.id, beside.ended, kind, plainly, beside, other)
        for each, text in zip(films, (sentence, said), strict=True):
            each["axes"] = f"{text} {each['axes']}".lstrip()
        sentence, note = "", ""
    data = {
        "id": f"{run.id} {beside.id if beside else ''}",
        "films": films,
        "epoch_word": run.recipe.epoch_word,
        "legend": colour_points(context, film)[2],
        "sentence": sentence,
        "note": " ".join(filter(None, [note, _describe_points(film)])),
        "live": is_growing,
    }
    with player:
        film_player(key="film", data=data)


@st.cache_resource(max_entries=16, show_spinner=False)
def _film(run_fingerprint: str, run_id: int, ended: float | None) -> Film | None:
    return store().film(run_id)


@st.cache_resource(max_entries=64, show_spinner=False)
def _describe(
    run_fingerprint: str, run_id: int, ended: float | None, kind: str, in_plain_words: bool, _run: Run, _film: Film
) -> tuple[str, str]:
    predicts_ratings = _run.recipe.learns_ratings
    findings = find(_film, predicts_ratings=predicts_ratings)
    described = describe(_film, findings, kind=kind, in_plain_words=in_plain_words)
    return described, define(_film, findings, kind=kind)


def _choose_beside(run: Run) -> Run | None:
    """Let the person choose another run whose film is shown beside this one's."""
    others = {other.id: other for other in get_context().runs_with("film") if other.id != run.id}
    if not others:
        return None
    if st.session_state.get(BESIDE_KEY) not in others:
        st.session_state[BESIDE_KEY] = None
    chosen = st.selectbox(
        "Second film beside it",
        list(others),
        format_func=lambda run_id: others[run_id].label,
        key=BESIDE_KEY,
        placeholder="No second film",
    )
    return others.get(chosen)


def _choose_person(film: Film, other: Film | None) -> int | None:
    """Let the person choose one whose lists the film keeps; it is the person of all pages where that one is kept."""
    if not film.has_lists:
        return None
    kept = set(film.users.tolist()) & set((film if other is None else other).users.tolist())
    names = get_context().dataset.user_names
    options = [user for user in list_people() if user in kept]
    if not options:
        return None
    everywhere = st.session_state.get(PERSON_KEY)
    if everywhere in kept:
        set_widget(FILM_PERSON_KEY, everywhere)
    elif st.session_state.get(FILM_PERSON_KEY) not in kept:
        st.session_state[FILM_PERSON_KEY] = options[0]
    return st.selectbox(
        "Person",
        options,
        format_func=lambda user: names[user],
        key=FILM_PERSON_KEY,
        on_change=_take_person,
        help="Whose list is shown, and who is ringed on the map. Type to search.",
    )


@error_boundary()
def _take_person() -> None:
    """Make the person of the film that of all pages."""
    person = st.session_state[FILM_PERSON_KEY]
    dataset = get_context().dataset
    st.session_state.update({PERSON_KEY: person, f"{PERSON_KEY}_belongs_to": dataset.fingerprint})
    set_url_param(PERSON_KEY, dataset.user_ids[person])


def _describe_points(film: Film) -> str:
    """Return what part of the people and items the map shows."""
    context = get_context()
    n_people, n_items = context.split.train.n_users, context.split.train.n_items
    parts = []
    if len(film.users) < n_people:
        parts.append(f"{len(film.users):,} of {n_people:,} people")
    if len(film.items) < n_items:
        parts.append(f"{len(film.items):,} of {n_items:,} items")
    text = "Circles are people, squares items. The axes are those of the last epoch and stay as they are."
    if parts:
        text += f" Shown: {join_words(parts)}, chosen at random among those who have enough in training."
    return text
