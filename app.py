"""Starts the app: `streamlit run app.py`, `python app.py` or `uvicorn app:app`."""

import streamlit as st

from cnnviz.ui import server

server.settings_beside(__file__)
app = st.App(
    server.MAIN_SCRIPT, routes=server.routes(), middleware=server.middleware(), lifespan=server.lifespan
)

if __name__ == "__main__":
    app.run()
