"""A page of the app without a browser, as a link opens it."""

from __future__ import annotations

from collections.abc import Mapping

from streamlit.testing.v1 import AppTest

from cnnviz.ui import APP_FOLDER, server


def page(name: str = "", /, *, visit: Mapping[str, object] | None = None, **link: str) -> AppTest:
    """The page of that name after its first run, which raised nothing; without a name the home page.

    `visit` is what the visitor has brought before. A word of the link that is one of Python's own has a `_`
    behind it here: `with_`.
    """
    app = AppTest.from_file(str(server.MAIN_SCRIPT), default_timeout=60)
    for key, value in (visit or {}).items():
        app.session_state[key] = value
    for word, text in link.items():
        app.query_params[word.rstrip("_")] = text
    if name:
        app.switch_page(str(APP_FOLDER / "pages" / f"{name}.py"))
    app.run()
    assert not app.exception
    return app


def page_text(app: AppTest) -> str:
    """What a reader reads, with the commas of large numbers as plain ones."""
    return "\n".join(element.value for element in app.markdown).replace("{,}", ",")


def page_errors(app: AppTest) -> str:
    """What the page says is wrong, without the backslashes before Markdown's signs."""
    return " ".join(error.value for error in app.error).replace("\\", "")
