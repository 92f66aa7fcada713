"""Where a browser finds what this server has beside its pages."""

from __future__ import annotations

import streamlit as st


def base_path() -> str:
    """What the whole app is served under, such as `/lab`; mostly nothing."""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{base}" if base else ""


def below_base(path: str) -> str:
    """The path as browsers ask for it."""
    return f"{base_path()}{path}"
