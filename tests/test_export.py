"""Data frames, notebook HTML and LaTeX of a trace."""

from __future__ import annotations

import html.parser
import json

import cnnviz
from cnnviz.export import trace_html, trace_latex


def test_the_data_frame_adds_up_to_the_totals() -> None:
    trace = cnnviz.trace("googlenet")
    frame = trace.to_dataframe()
    assert len(frame) == len(trace.layers)
    assert frame["parameters"].sum() == trace.parameters
    assert frame["macs"].sum() == trace.macs
    assert frame["activation_bytes"].sum() == trace.activation_bytes
    assert str(frame["n_H"].dtype) == "Int64"  # whole numbers stay whole where vectors have none


def test_to_json_reads_back() -> None:
    data = json.loads(cnnviz.trace("lenet5").to_json())
    # The notes' LeNet-5 table: 28x28x6, 14x14x6, 10x10x16, 5x5x16, 400, 120, 84, 10.
    sizes = [
        (la["n_H"], la["n_C"]) for la in data["layers"] if la["op"] in ("conv2d", "avg_pool2d", "linear")
    ]
    assert sizes == [(28, 6), (14, 6), (10, 16), (5, 16), (None, 120), (None, 84), (None, 10)]


def test_several_inputs_have_several_shapes_in_json() -> None:
    from torch import Tensor, nn

    class Sum(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return a + b

    data = json.loads(cnnviz.trace(Sum(), ((3, 8, 8), (3, 8, 8))).to_json())
    assert data["input_shape"] == [[3, 8, 8], [3, 8, 8]]


def test_notebooks_show_a_table_with_the_formulas() -> None:
    class Reader(html.parser.HTMLParser):
        rows = 0
        hints: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.rows += tag == "tr"
            self.hints += [value or "" for name, value in attrs if name == "title"]

    trace = cnnviz.trace("alexnet")
    reader = Reader()
    reader.feed(trace._repr_html_())
    assert reader.rows == len(trace.layers) + 1
    assert "parameters = (11*11*3 + 1) * 96 = 34,944" in reader.hints


def test_markup_in_names_is_escaped() -> None:
    from torch import nn

    model = nn.Sequential()
    model.add_module("<b>&", nn.Conv2d(3, 4, 3))
    trace = cnnviz.trace(model, (3, 8, 8))
    assert "<b>&<" not in trace_html(trace)
    assert "&lt;b&gt;&amp;" in trace_html(trace)
    assert r"<b>\&" in trace_latex(trace)


def test_a_trace_prints_as_its_table() -> None:
    assert (
        str(cnnviz.trace("lenet5")).splitlines()[0] == "lenet5@course, input 1x32x32, batch of 1, device meta"
    )
