"""The public names of the package, each loaded when it is first asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import cnnviz


def fresh(code: str) -> None:
    """Run in a process in which nothing of cnnviz is loaded yet."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "first",
    [
        "import cnnviz",
        "import cnnviz.trace",
        "from cnnviz.trace import Trace",
        "import cnnviz.targets",
        "from cnnviz import Trace",
        "from cnnviz import *",
    ],
)
def test_trace_is_the_function_whatever_is_loaded_first(first: str) -> None:
    """A module of the same name lies in the package, and loading it must not take the function's place.

    LeNet-5 has 61,706 parameters (LeCun et al. 1998, as the course counts them).
    """
    fresh(
        f"{first}\nimport cnnviz\nfrom cnnviz import trace\nimport cnnviz.trace\n"
        "assert cnnviz.trace is trace\nassert trace('lenet5').parameters == 61706\n"
        "import sys\nassert sys.modules['cnnviz.trace'].Trace is cnnviz.Trace\n"
    )


def test_every_public_name_is_there_and_told() -> None:
    for name in cnnviz.__all__:
        assert getattr(cnnviz, name) is not None
        assert name in dir(cnnviz)
    fresh(f"from cnnviz import *\nassert all([{', '.join(cnnviz.__all__)}])")


def test_another_name_is_an_attribute_error_as_of_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'cnnviz' has no attribute 'tracer'"):
        cnnviz.tracer  # noqa: B018
    assert not hasattr(cnnviz, "tracer")
    with pytest.raises(AttributeError):
        cnnviz.trace = print
