"""Published errors beside costs: the Pareto front by brute force, the timeline by the papers."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cnnviz.architectures import Published
from cnnviz.compare import claims, contestants
from cnnviz.compare.claims import decided_ratio
from cnnviz.compare.published import Point, catalogue, front, lowest, points, timeline


def point(parameters: int, error: float) -> Point:
    figure = Published(quantity="top1_error", value=error, source="made up", note="ImageNet")
    return Point(f"{parameters}/{error}", "", 2000, figure, parameters, 2 * parameters, 2 * parameters)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=12))
def test_the_front_is_what_nobody_beats(pairs: list[tuple[int, int]]) -> None:
    """Oracle: brute force over all pairs: as good in both and better in one."""
    made = [point(cost, error) for cost, error in pairs]

    def beaten(one: Point) -> bool:
        return any(
            other.parameters <= one.parameters
            and other.error.value <= one.error.value
            and (other.parameters, other.error.value) != (one.parameters, one.error.value)
            for other in made
        )

    wanted = sorted((p.parameters, p.error.value) for p in made if not beaten(p))
    assert sorted((p.parameters, p.error.value) for p in front(made, "parameters")) == wanted
    assert sorted((p.parameters, p.error.value) for p in front(made, "macs")) == wanted


def test_only_errors_on_imagenet_are_drawn() -> None:
    """Oracle: LeNet-5 was measured on MNIST and ResNet-20 on CIFAR-10."""
    found = points(contestants(["lenet5@paper", "resnet20", "resnet50", "resnet50,input=256"]), "top1_error")
    assert [p.label for p in found] == ["resnet50@torchvision"]
    assert "torchvision" in found[0].source
    assert "crop" in found[0].source


def test_the_catalogue_has_its_published_networks() -> None:
    """Oracle: brute force over the records."""
    labels = [of.label for of in catalogue()]
    assert len(labels) == len(set(labels))
    assert {"alexnet@paper", "vgg16@bn", "resnet50@torchvision", "lenet5@paper"} <= set(labels)
    assert "resnet18@paper" not in labels  # its errors are of ten crops


def test_the_timeline_goes_from_lenet_on() -> None:
    """Oracle: the papers' years, and AlexNet's, GoogLeNet's and ResNet-152's published top-5 errors."""
    moments = timeline("top5_error")
    assert all(a.year <= b.year for a, b in pairwise(moments))
    by_title = {moment.title: moment for moment in moments}
    assert (moments[0].title, moments[0].year, moments[0].error) == ("LeNet-5", 1998, None)
    assert moments[0].elsewhere == "0.95 % on MNIST"
    assert {t: by_title[t].error.value for t in ("AlexNet", "GoogLeNet", "ResNet-152")} == {
        "AlexNet": 19.8,
        "GoogLeNet": 10.07,
        "ResNet-152": 5.954,
    }


def test_the_lowest_so_far_falls() -> None:
    """Oracle: brute force: lower than all before."""
    moments = timeline("top1_error")
    found = lowest(moments)
    errors = [m.error.value for m in moments if m.error]
    assert [m.error.value for m in found] == [
        e for i, e in enumerate(errors) if all(e < f for f in errors[:i])
    ]


def test_the_claims_of_the_notes() -> None:
    """Oracle: published counts: 60,965,224 and 6,998,552 parameters are 8.7 times, not 12; the rest hold."""
    verdicts = {claim.statement: claim for claim in claims()}
    twelfth = verdicts.pop("GoogLeNet has about 1/12 of AlexNet's parameters")
    assert not twelfth.holds
    assert "1/8.7" in twelfth.verdict
    assert twelfth.numbers == (
        "alexnet@paper: 60,965,224 parameters",
        "googlenet@paper: 6,998,552 parameters",
    )
    assert all(claim.holds for claim in verdicts.values())
    said = {statement: claim.verdict for statement, claim in verdicts.items()}
    # (9216 + 1) * 4096 + 4097 * 4096 + 4097 * 1000 = 58,631,144 of AlexNet's are fully connected: 96.2 %
    assert said["Most of AlexNet's parameters are in the fully connected layers"] == "96.2 % of them are."
    # (25088 + 1) * 4096 + 4097 * 4096 + 4097 * 1000 = 123,642,856 of VGG-16's 138,357,544: 89.4 %
    assert said["Most of VGG-16's parameters are in the fully connected layers"] == "89.4 % of them are."
    assert said["VGG-16 has 138 million parameters"] == "It has 138.4 million."
    # 11,282,415,616 of 19,632,062,464; He et al. say 11.3 against 19.6 billion
    assert "0.57 times the MACs" in said["ResNet-152 is deeper and cheaper than VGG-19"]


def test_about_means_within_a_tenth() -> None:
    assert decided_ratio(12, 11)
    assert decided_ratio(12, 13.1)
    assert not decided_ratio(12, 8.7)
    assert not decided_ratio(12, 13.3)
