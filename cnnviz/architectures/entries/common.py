"""Options and sources that several families share."""

from cnnviz.architectures.architecture import Option

NUM_CLASSES = Option(
    name="num_classes",
    kind="int",
    default=1000,
    minimum=1,
    maximum=100_000,
    help="Number of classes the last layer tells apart",
)
IN_CHANNELS = Option(
    name="in_channels",
    kind="int",
    default=3,
    minimum=1,
    maximum=1024,
    help="Channels of the input image: 1 for grey, 3 for colour",
)
FIT_INPUT = Option(
    name="fit_input",
    kind="bool",
    default=True,
    help="Build the first fully connected layer for the chosen input size; off: keep the published one, "
    "which takes only the published size",
)
DROPOUT = Option(
    name="dropout",
    kind="float",
    default=0.5,
    minimum=0.0,
    maximum=0.9,
    help="Share of activations set to zero while training",
)
NORMALISE = Option(
    name="normalise",
    kind="bool",
    default=False,
    help="Local response normalisation across neighbouring channels, before batch normalisation replaced it",
)

TORCHVISION = "https://github.com/pytorch/vision/tree/main/torchvision/models"
D2L = "https://d2l.ai/chapter_convolutional-modern/"
