"""Who is signed in, where somebody has to be: through Streamlit's login with an OpenID Connect provider, or a proxy.

A provider is configured in the section [auth] of Streamlit's secrets, a proxy by `server.trustedUserHeaders`. Without
either nobody signs in, and nothing is recorded of anybody.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shared.text import escape
from recsys_core.escape import one_line

MINE_KEY, MINE_LABEL = "my_runs", "My runs only"
_CLAIMS = ("email", "preferred_username", "name", "sub")  # of a person, the most telling first
_NO_SIDEBAR = """<style>
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] { display: none; }
</style>"""
_ARRIVED_BARE = "signed_in_at_the_root"
_LONGEST_NAME = 100  # characters that the sidebar shows
_admitted: set[str] = set()  # the sessions in which somebody has signed in, by their ids of a few bytes

# A provider sends everybody back to the root of the app. The tab's own storage lives on meanwhile, and unlike a cookie
# it has room for a long link and is never sent anywhere.
_keep_address = st.components.v2.component(
    "keep_address",
    js="""
export default function () {
  sessionStorage.setItem("recsys_wanted", location.pathname + location.search);
}
""",
)
_go_to_kept_address = st.components.v2.component(
    "go_to_kept_address",
    js="""
export default function () {
  const wanted = sessionStorage.getItem("recsys_wanted");
  sessionStorage.removeItem("recsys_wanted");
  if (!wanted) return;
  const address = new URL(wanted, location.origin);
  const isBare = !address.search && address.pathname.endsWith("/");
  if (address.origin === location.origin && !isBare) location.replace(address.href);
}
""",
)


def signed_in_person() -> str:
    """Return the name of who is signed in, mostly an e-mail address; "" where nobody is, or nobody has to be."""
    if get_script_run_ctx(suppress_warning=True) is None or not (_has_provider() or _has_proxy()):
        return ""
    user = st.user
    if _has_provider() and user.get("is_logged_in") is not True:
        return ""
    # Where a provider cannot vouch for the address, people may have chosen their other names too, as of somebody else.
    claims = _CLAIMS if user.get("email_verified") is not False else ("sub",)
    names = (_name(user.get(claim)) for claim in claims)
    return next(filter(None, names), "")


def _name(claim: object) -> str:
    """Return a claim as the name of a person on one line; "" where it has no character that can be seen."""
    if not isinstance(claim, str):
        return ""
    # A header holds bytes: what a proxy has written in UTF-8 is read as Latin-1.
    with suppress(UnicodeError):
        claim = claim.encode("latin-1").decode("utf-8")
    can_be_seen = any(sign.isprintable() and not sign.isspace() for sign in claim)
    return one_line(claim) if can_be_seen else ""


def may_upload(session_id: str) -> bool:
    """Return whether files may be kept for a session: the app has been shown in it, or nobody has to sign in."""
    return session_id in _admitted or not (_why_locked() or _has_provider() or _has_proxy())


def ensure_signed_in(*, is_first_page: bool) -> bool:
    """Return whether the app may be shown; if not, draw the way in instead.

    `is_first_page` says that the root of the app is open.
    """
    if why := _why_locked():
        _draw_closed(why)
        return False
    if not (_has_provider() or _has_proxy()):
        return True
    if signed_in_person():
        if run := get_script_run_ctx():
            _admitted.add(run.session_id)
        # As a provider has sent somebody back; whoever opens a link while signed in gets that.
        st.session_state.setdefault(_ARRIVED_BARE, is_first_page and not st.query_params)
        return True
    if _has_provider():
        _draw_sign_in()
    else:
        _draw_closed(
            "Sign in at the proxy before this app. It must name you in one of the headers "
            f"{', '.join(st.get_option('server.trustedUserHeaders'))}, and it has not."
        )
    return False


def draw_signed_in() -> None:
    """Say at the end of the sidebar who is signed in, with a way out; nothing where nobody signs in.

    Whoever had asked for another address before signing in is taken there.
    """
    person = signed_in_person()
    if not person:
        return
    with st.sidebar:
        st.caption(f"Signed in as {escape(person[:_LONGEST_NAME])}")
        if _has_provider():
            st.button("Sign out", key="sign_out", icon=":material/logout:", on_click=st.logout, width="stretch")
            if st.session_state.get(_ARRIVED_BARE):
                _go_to_kept_address(key="go_to_kept_address", height=1)


def draw_mine_switch() -> None:
    """Draw the switch that leaves only one's own runs in the sidebar's list and in the History."""
    if signed_in_person():
        st.toggle(
            MINE_LABEL,
            key=MINE_KEY,
            persist_state="session",
            help="Offers and lists only the runs that you have started, here and on History.",
        )


def chosen_author() -> str:
    """Return the person whose runs alone are to be listed, or "" for those of everybody."""
    return signed_in_person() if st.session_state.get(MINE_KEY) else ""


def _has_provider() -> bool:
    return st.secrets.load_if_toml_exists() and "auth" in st.secrets


def _has_proxy() -> bool:
    return bool(st.get_option("server.trustedUserHeaders"))


def _why_locked() -> str:
    """Return why nobody may come in at all: secrets that cannot be read could have said who may."""
    if not st.secrets.load_if_toml_exists() and any(Path(file).exists() for file in st.get_option("secrets.files")):
        return (
            "The app's secrets must be readable before anybody can sign in. They are not: the server's log says why. "
            "Correct the file of secrets and reload this page."
        )
    return ""


def _draw_sign_in() -> None:
    """Draw a button for each provider that the secrets name."""
    st.html(_NO_SIDEBAR)
    st.header("Recommender explorer", anchor=False)
    st.write("Sign in to see the data and the runs, and to train. What you do here is recorded under your name.")
    auth = st.secrets["auth"]
    providers = [name for name, value in auth.items() if isinstance(value, Mapping) and name != "client_kwargs"]
    for provider in providers or [""]:
        label = f"Sign in with {escape(provider)}" if provider else "Sign in"
        if st.button(label, key=f"sign_in_{provider}", type="primary", icon=":material/login:"):
            try:
                st.login(provider or None)
            except StreamlitAPIException as error:
                st.error(f"Signing in is not set up completely. {escape(error)}")
    _keep_address(key="keep_address", height=1)


def _draw_closed(why: str) -> None:
    st.html(_NO_SIDEBAR)
    st.header("Recommender explorer", anchor=False)
    st.error(escape(why))
