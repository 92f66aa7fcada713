"""Published figures that many networks have in the same form, and options that several families share."""

from cnnviz.architectures.architecture import Option, Published
from cnnviz.architectures.entries.common import TORCHVISION

CENTRE_CROP = "one centre crop of {crop}x{crop}, ImageNet validation set"

ACTIVATION = Option(
    name="activation",
    kind="choice",
    default="relu",
    choices=("relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"),
    help="The nonlinearity g after each convolution",
)
BATCH_NORM = Option(
    name="batch_norm",
    kind="bool",
    default=True,
    help="Batch normalisation after each convolution; without it convolutions have a bias",
)
WIDTH_MULTIPLIER = Option(
    name="width_multiplier",
    kind="float",
    default=1.0,
    minimum=0.25,
    maximum=2.0,
    step=0.05,
    help="All channel numbers times this: parameters and MACs change with about its square",
)


def torchvision_figures(
    weights: str,
    file: str,
    *,
    parameters: int,
    macs: int,
    top1_error: float,
    top5_error: float,
    crop: int = 224,
) -> tuple[Published, ...]:
    """What torchvision publishes beside its first weights; `macs` is its `_ops`, printed to the million."""
    source = f"torchvision, {weights}.IMAGENET1K_V1"
    link = f"{TORCHVISION}/{file}.py"
    note = CENTRE_CROP.format(crop=crop)
    return (
        Published(quantity="parameters", value=parameters, source=source, link=link),
        Published(quantity="macs", value=macs, rounded_to=1_000_000, source=source, link=link),
        Published(quantity="top1_error", value=top1_error, source=source, link=link, note=note),
        Published(quantity="top5_error", value=top5_error, source=source, link=link, note=note),
    )
