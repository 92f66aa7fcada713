"""A field for a number: Enter checks it, a phone brings its keypad, and a draft is never lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from cnnviz.ui import heard

_FOLDER = Path(__file__).parent / "assets"
_HTML, _CSS, _JS = (
    (_FOLDER / f"answer.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")
)
_component = st.components.v2.component("cnnviz_answer_field", html=_HTML, css=_CSS, js=_JS)


def answer_field(
    typed: str,
    *,
    key: str,
    of: str,
    label: str,
    unit: str,
    action: str,
    done: bool,
    wrong: bool,
    on_entered: Callable[[str], None],
) -> None:
    """Draws the field with its button; Enter is the same as the button.

    Args:
        typed: what stands in the field, where there is no newer draft.
        key: Streamlit's. While it stays, the field keeps the focus from one question to the next.
        of: which question it is about.
        label: what the field is for.
        unit: of the answer.
        action: on the button; "" for none.
        done: the text stays as it is, and the button leads on.
        wrong: what stands there was checked, and is not right.
        on_entered: gets the text, unless the page shows another question by then.

    """

    def entered() -> None:
        entry = heard.text(heard.fields(heard.said(key, "entered"), of).get("typed"))
        if entry is not None:
            on_entered(entry)

    _component(
        key=key,
        data={
            "of": of,
            "typed": typed,
            "label": label,
            "unit": unit,
            "action": action,
            "done": done,
            "wrong": wrong,
        },
        on_entered_change=entered,
    )
