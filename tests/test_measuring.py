"""Measurements that visitors ask the server for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.ui import APP_FOLDER, measuring, own_models, server
from cnnviz.ui.measuring import MOST_WAITING, Asked


def test_a_class_that_asks_for_the_same_waits_for_one_measurement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: two measurements never take the same time to the last bit, so equal reports are one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked = Asked("lenet5", (1, 32, 32), (), "cpu", 1, "float32", 1)
    visitors = 3 * MOST_WAITING
    with ThreadPoolExecutor(visitors) as pool:
        reports = list(pool.map(measuring.measured, [asked] * visitors))
    assert all(report == reports[0] for report in reports)
    assert measuring.in_front() == 0


@pytest.mark.parametrize(
    ("page", "says"),
    [("measured", "is read and never run"), ("conventions", "this one is not of it")],
)
def test_a_visitors_file_is_not_sent_to_be_run(page: str, says: str) -> None:
    """Oracle: nothing in a file is run, so the page says so, and not that the catalogue has no such name."""
    pytest.importorskip("onnx")
    from tests.onnx.files import small_network

    app = AppTest.from_file(str(server.MAIN_SCRIPT), default_timeout=60)
    app.session_state["own_models"] = {"net.onnx": own_models._read(small_network(), "net.onnx")}
    app.query_params["net"] = "net.onnx"
    app.switch_page(str(APP_FOLDER / "pages" / f"{page}.py"))
    app.run()
    assert not app.exception
    assert says in " ".join(element.value for element in (*app.error, *app.info, *app.markdown))
    assert not {"conventions_ask", "measure"} & {found.key for found in app.button}
