"""What comparing ten networks costs: `python benchmarks/comparing.py`.

CPU time of the library and of the command as processes, and of the server that shows them to a visitor: the
first time, and when the page runs again. `--bars` exits with 1 where a bar of the project is missed. The
server's part needs a Chromium (`CNNVIZ_CHROMIUM` names it); `--library` leaves it out.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain

from bars import Bar, ended, options

NETWORKS = (
    "alexnet@paper vgg16 vgg19 googlenet inception_v3 resnet50 resnet152 densenet121 densenet201 mobilenet_v2"
).split()
COMPARE = f"""
from cnnviz.compare import contestants
from cnnviz.compare.report import as_json, as_table
made = contestants({NETWORKS!r})
as_table(made), as_json(made)
"""
AGAIN = f"""
import time
{COMPARE}
start = time.process_time()
as_table(made), as_json(made)
print((time.process_time() - start) * 1e3)
"""
RERUNS = 40


def process(*words: str) -> tuple[float, str]:
    """CPU seconds of a whole Python process, and what it printed; the best of three."""
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([sys.executable, *words], check=True, capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout))
    return min(taken)


def of_the_library() -> Iterator[Bar]:
    yield Bar("ten networks as a process, Python's start included: s of CPU", process("-c", COMPARE)[0], 1.5)
    yield Bar(
        "cnnviz compare of ten networks: s of CPU", process("-m", "cnnviz", "compare", *NETWORKS)[0], 1.5
    )
    yield Bar("totals, stages, operations once more: ms of CPU", float(process("-c", AGAIN)[1]), 60)


def of_the_server() -> Iterator[Bar]:
    """For one visitor of a server that has just started."""
    from visit import cpu_seconds, served, visitor

    nets = "+".join(name.replace("@", "%40") for name in NETWORKS)
    with served() as (address, server), visitor() as (page, traffic):
        page.goto(f"{address}/exercises")
        page.get_by_role("button", name="Next").wait_for(timeout=60_000)
        page.wait_for_timeout(2000)  # what every first page costs is not the comparison's
        before = cpu_seconds(server)
        page.goto(f"{address}/compare?nets={nets}")
        page.get_by_role("table", name="10 networks").wait_for(timeout=60_000)
        page.wait_for_timeout(2000)
        yield Bar("the page with ten networks, cold: s of CPU", cpu_seconds(server) - before, 1.5)
        size = page.get_by_role("spinbutton", name="Input size")
        for number in range(4):
            size.fill(str((224, 256)[number % 2]))
            size.press("Enter")
            page.wait_for_timeout(800)
        cpu, sent = cpu_seconds(server), traffic.websocket
        for number in range(RERUNS):
            size.fill(str((224, 256)[number % 2]))
            size.press("Enter")
            page.wait_for_timeout(400)
        yield Bar("the whole page again: ms of CPU", (cpu_seconds(server) - cpu) / RERUNS * 1e3, 60)
        for part in ("Stages", "Curves", "Operations", "Totals"):
            page.get_by_role("radio", name=part).click()
            page.wait_for_timeout(1000)
        cpu, sent = cpu_seconds(server), traffic.websocket
        for number in range(RERUNS):
            page.get_by_role("radio", name=("Stages", "Totals")[number % 2]).click()
            page.wait_for_timeout(300)
        yield Bar("another part of it: ms of CPU", (cpu_seconds(server) - cpu) / RERUNS * 1e3, 60)
        yield Bar("another part of it: kB", (traffic.websocket - sent) / RERUNS / 1e3, 60)


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--library", action="store_true", help="leave the server out")
    arguments = parser.parse_args()
    return ended(
        of_the_library() if arguments.library else chain(of_the_library(), of_the_server()), arguments
    )


if __name__ == "__main__":
    sys.exit(main())
