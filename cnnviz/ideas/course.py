"""The sections of a course on convolutional networks, and where in this app each is there to be touched."""

from __future__ import annotations

from cnnviz.ideas.idea import Place
from cnnviz.record import Record


class Section(Record):
    """One section of the notes."""

    title: str
    places: tuple[Place, ...]


class Chapter(Record):
    """Sections that belong together."""

    title: str
    sections: tuple[Section, ...]


def _at(page: str, words: str, layer: str = "", **query: str) -> Place:
    return Place(page=page, words=words, query=tuple(query.items()), layer=layer)


def _idea(name: str, words: str) -> Place:
    return _at("ideas", words, idea=name)


def _layer(network: str, layer: str, words: str) -> Place:
    return _at("explore", words, layer, net=network)


def _preset(name: str, words: str) -> Place:
    return _at("training", words, preset=name)


def _section(title: str, *places: Place) -> Section:
    return Section(title=title, places=places)


_FILTERS = Chapter(
    title="From images to filters",
    sections=(
        _section(
            "Computer vision",
            _idea("sharing", "why not fully connected"),
            _at("convolution", "a small image as numbers", cells="ring", grid="n=16", weights="identity"),
        ),
        _section(
            "Edge detection",
            _at("convolution", "a vertical edge"),
            _at("convolution", "dark to bright", cells="dark"),
            _at("convolution", "Sobel on a ring", cells="ring", grid="n=16", weights="sobel"),
            _at("inside", "learned edges", trained="photo", look="conv1,view=filters"),
        ),
        _section(
            "Padding",
            _at("convolution", "‘same’ keeps 6 × 6", grid="p=same", cells="seed:2"),
            _layer("vgg16", "block1.conv1_1", "in VGG-16"),
        ),
        _section(
            "Strided convolutions",
            _at("convolution", "7 × 7, stride 2", grid="n=7,s=2", cells="seed:2"),
            _at("convolution", "what it never reaches", grid="n=8,s=2", cells="seed:4"),
            _layer("alexnet", "conv1", "11 × 11, stride 4 in AlexNet"),
        ),
        _section(
            "Convolutions over volumes",
            _at("convolution", "6 × 6 × 3, one filter", grid="C=3", cells="seed:2"),
            _at("convolution", "two filters", grid="C=3,m=2", cells="seed:2", weights="vertical+horizontal"),
        ),
        _section("One layer of a network", _idea("layer", "bias and activation, number by number")),
        _section(
            "A whole network",
            _at("design", "stack layers of your own"),
            _at("exercises", "work out sizes by hand", **{"from": "chains"}),
        ),
        _section(
            "Pooling",
            _idea("pooling", "max, average, global"),
            _at("convolution", "window by window", op="max"),
            _at("convolution", "‘same’ pooling", op="max", grid="n=6,f=3,s=1,p=same", cells="seed:2"),
        ),
        _section("Why convolutions", _idea("sharing", "parameters of both, and the matrix")),
        _section(
            "Dilated, transposed, depthwise",
            _at("convolution", "dilated", grid="n=9,d=2", cells="square"),
            _at("convolution", "transposed", op="transposed"),
            _at("convolution", "depthwise", op="depthwise", cells="seed:2"),
        ),
        _section(
            "Receptive field",
            _layer("vgg16", "block3.conv3_1", "on an image, layer by layer"),
            _at("inside", "of one pixel, in theory and in fact", trained="photo", look="conv3,pixel=8x8"),
        ),
    ),
)

_NETWORKS = Chapter(
    title="Networks",
    sections=(
        _section(
            "LeNet-5",
            _layer("lenet5", "conv1", "layer by layer"),
            _preset("lenet", "trained, then and now"),
            _at("inside", "inside a trained one", trained="lenet5"),
        ),
        _section("AlexNet", _layer("alexnet", "conv1", "layer by layer")),
        _section("VGG", _layer("vgg16", "block1.conv1_1", "layer by layer")),
        _section("Stacks of 3 × 3", _at("bottleneck", "in the place of 5 × 5", trick="stacked")),
        _section(
            "1 × 1 convolutions, NiN",
            _idea("pointwise", "a fully connected layer per pixel"),
            _at("convolution", "28 × 28 × 192 to 32", op="pointwise", grid="n=28,C=192,m=32"),
            _layer("nin", "mlpconv1.cccp1", "in NiN"),
            _at("bottleneck", "a global average as the head", trick="head"),
        ),
        _section(
            "Inception, the bottleneck",
            _at("bottleneck", "120 million to 12 million", trick="bottleneck"),
            _at("bottleneck", "the module", trick="inception"),
            _layer("googlenet", "inception_3a", "in GoogLeNet"),
            _preset("bottleneck", "trained"),
        ),
        _section(
            "ResNet, plain and residual",
            _idea("residual", "the block, the identity"),
            _preset("degradation", "deeper and worse"),
            _preset("identity", "W = 0, b = 0"),
            _at("compare", "side by side", nets="plain18 resnet18"),
            _layer("resnet50", "conv2_x.block_1", "in ResNet-50"),
        ),
        _section(
            "DenseNet",
            _idea("series", "beside the Taylor series"),
            _layer("densenet121", "dense_block_1.layer_2", "in DenseNet-121"),
        ),
        _section(
            "MobileNet, ResNeXt, EfficientNet",
            _at("bottleneck", "depthwise separable", trick="separable"),
            _at("bottleneck", "grouped", trick="resnext"),
            _layer("mobilenet_v1", "features.conv2.depthwise", "MobileNet"),
            _layer("efficientnet_b0", "stage_1.conv", "EfficientNet"),
        ),
        _section(
            "ImageNet's history",
            _idea("history", "error, depth and cost by year"),
            _at("compare", "a timeline", nets="alexnet@paper resnet50@paper", compared="Timeline"),
        ),
        _section("Hand-made features", _idea("features", "SIFT, HOG, visual words on an image")),
        _section(
            "What networks cost",
            _at("compare", "accuracy against cost", nets="alexnet@paper resnet50@paper", compared="Errors"),
            _at("conventions", "ways to count"),
            _at("measured", "seconds and memory"),
        ),
    ),
)

_TRAINING = Chapter(
    title="Training",
    sections=(
        _section(
            "Activations, vanishing gradients",
            _idea("activations", "what a gradient keeps"),
            _preset("activations", "ReLU, tanh, sigmoid trained"),
            _preset("vanishing", "gradients layer by layer"),
            _preset("exploding", "and exploding"),
        ),
        _section(
            "Softmax and cross-entropy",
            _idea("losses", "a prediction to drag"),
            _at("ideas", "two classes", idea="losses", values="view=curves"),
        ),
        _section(
            "Hinge, MSE, MAE",
            _at("ideas", "hinge", idea="losses", values="of=hinge"),
            _at("ideas", "MSE", idea="losses", values="of=mse"),
            _at("ideas", "MAE", idea="losses", values="of=mae"),
        ),
        _section(
            "Epoch, batch, iteration",
            _idea("batches", "a counter for your numbers"),
            _preset("batch-size", "8, 64, 512 trained"),
        ),
        _section(
            "Shuffle",
            _at("ideas", "what batches see", idea="batches", values="shuffle=yes"),
            _preset("shuffle", "a sorted file, trained"),
        ),
        _section("Learning rate", _preset("learning-rate", "five rates, trained")),
        _section(
            "Batch normalisation",
            _idea("batchnorm", "step by step"),
            _at("ideas", "in evaluation", idea="batchnorm", values="mode=evaluation"),
            _preset("batch-norm", "with and without, trained"),
        ),
        _section("Layer, instance, group", _idea("normalisation", "the cubes")),
        _section(
            "Dropout",
            _idea("dropout", "what stays, and the mean"),
            _preset("overfitting", "remedies, trained"),
        ),
        _section(
            "Weight decay",
            _idea("decay", "which weights go first"),
            _preset("overfitting", "remedies, trained"),
        ),
        _section(
            "Data augmentation",
            _idea("augmentation", "on your own image"),
            _preset("overfitting", "remedies, trained"),
        ),
        _section(
            "Transfer learning",
            _preset("transfer", "few labels, four ways"),
            _preset("transfer-layers", "how many layers to freeze"),
        ),
    ),
)

_INSIDE = Chapter(
    title="Looking inside",
    sections=(
        _section(
            "Filters and feature maps",
            _at("inside", "of digits", trained="lenet5"),
            _at("inside", "of photographs", trained="photo"),
        ),
        _section(
            "One pixel, product by product",
            _at("inside", "in LeNet-5", trained="lenet5", look="conv2,map=3,pixel=4x5"),
        ),
        _section(
            "Saliency, Grad-CAM, occlusion",
            _at("inside", "of photographs", trained="photo", look="act3,view=why"),
            _at("inside", "of digits", trained="lenet5", look="act2,view=why"),
        ),
        _section(
            "What if a channel were gone",
            _at("inside", "scale and hide", trained="lenet5", look="conv1,view=change"),
            _at(
                "inside",
                "without a shortcut",
                trained="resnet20",
                look="conv1,view=change,off=conv2_x.block_1",
            ),
        ),
    ),
)

CHAPTERS: tuple[Chapter, ...] = (_FILTERS, _NETWORKS, _TRAINING, _INSIDE)
