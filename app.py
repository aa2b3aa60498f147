"""The app: `streamlit run app.py`.

Streamlit imports this file once, as the server, and runs it for everything that a page draws.
"""

import streamlit as st

if __name__ == "__main__":
    from pages.shared.shell.draw_app import draw_app

    draw_app()
else:
    from pages.shared.http_security import make_middleware
    from pages.shared.start_up import start_up

    app = st.App(__file__, lifespan=start_up, middleware=make_middleware())
