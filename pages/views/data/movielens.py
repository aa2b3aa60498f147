"""Download MovieLens in one click, in a thread that the page watches, after showing its terms."""

import threading
from dataclasses import dataclass

import streamlit as st

from pages.shared.context import DATA_KEY, DATA_VIEW_KEY
from pages.shared.error_boundary import error_boundary, log_and_describe
from pages.shared.server import store
from pages.shared.text import escape
from pages.shared.widgets.hold_values import hold_values
from pages.views.data.loading import open_loaded
from recsys_core.data.movielens import RELEASES, TERMS, Release, fetch, read_archive
from recsys_core.data.reading import describe_attributes
from recsys_core.data.reading.stored_receipt import Described, receipt_as_json, with_dropped_rows
from recsys_core.store.store import RunStore

_DOWNLOAD_KEY = "movielens_download"
_REFRESH_SECONDS = 0.5


@dataclass(eq=False)
class _Download:
    """A download: the thread writes it, the page reads it. The thread never touches Streamlit."""

    release: Release
    n_bytes: int = 0
    fingerprint: str = ""
    error: str = ""

    @property
    def is_live(self) -> bool:
        """Whether the thread is still at work."""
        return not self.fingerprint and not self.error

    def run(self, target: RunStore) -> None:
        """Download and read the data, and store it in `target`; an error becomes text."""
        try:
            content = fetch(self.release, self._report)
            dataset, receipt, titled = read_archive(content, self.release)
            described = Described(titled, attributes=tuple(describe_attributes(dataset)))
            self.fingerprint = target.add_dataset(
                with_dropped_rows(dataset, receipt), receipt_as_json(receipt, described)
            )
        except Exception as error:
            self.error = log_and_describe(error)

    def _report(self, n_bytes: int) -> None:
        self.n_bytes = n_bytes


def movielens_view() -> None:
    """Draw the terms, a card for each release, and how far a download is."""
    terms = "\n".join(f"- {escape(term)}" for term in TERMS)
    st.caption(
        f"Nothing is downloaded until you press a button. By downloading, you accept the terms of GroupLens:\n{terms}"
    )
    download = st.session_state.get(_DOWNLOAD_KEY)
    is_busy = download is not None and download.is_live  # asked once: it may end while the page is being drawn
    for box, (key, release) in zip(st.columns(len(RELEASES)), RELEASES.items(), strict=True):
        with box, st.container(border=True, height="stretch"):
            _draw_card(key, release, is_busy)
    if download is None:
        return
    if download.error and not is_busy:
        st.error(escape(download.error))
    else:
        st.fragment(_watch, run_every=_REFRESH_SECONDS)(download, [])


def _draw_card(key: str, release: Release, is_busy: bool) -> None:
    st.markdown(f"**{escape(release.name)}**")
    st.markdown(escape(release.contents))
    st.caption(escape(release.sharing))
    st.button(
        f"Download ({release.megabytes:g} MB)",
        key=f"movielens_{key}",
        type="primary",
        disabled=is_busy,
        on_click=_start,
        args=(key,),
    )


@error_boundary()
def _start(key: str) -> None:
    download = st.session_state[_DOWNLOAD_KEY] = _Download(RELEASES[key])
    # A daemon, so that the server ends at once whatever the network does.
    theirs = store().acting_for(store().person())  # the thread does not know who is signed in
    threading.Thread(target=download.run, args=(theirs,), daemon=True).start()


@error_boundary()
def _watch(download: _Download, drawn_before: list[bool]) -> None:
    """Draw how far the download is; when it is complete, select the data."""
    # The choice in the sidebar can be set only while the sidebar is not being drawn, so not in the first, full run.
    if drawn_before and download.fingerprint:
        del st.session_state[_DOWNLOAD_KEY]
        open_loaded(download.fingerprint)
        hold_values(DATA_KEY, DATA_VIEW_KEY)
    if drawn_before and not download.is_live:
        st.rerun()
    drawn_before.append(True)
    megabytes = download.n_bytes / 1e6
    share = min(1.0, megabytes / download.release.megabytes)
    doing = "Reading" if share == 1 else "Downloading"
    st.progress(share, f"{doing} {escape(download.release.name)}: {megabytes:.1f} MB so far")
