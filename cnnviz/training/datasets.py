"""The data sets that the laboratory knows: what is in them, which files they are, where those come from.

Nothing here reads a file, and nothing imports torch.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import platformdirs

from cnnviz.architectures.architecture import Shape, near_misses
from cnnviz.errors import DataError, UnknownNameError

FOLDER_VARIABLE = "CNNVIZ_DATA"
FOLDER_PREFIX = "folder:"
MOST_FILES = 20_000  # that are looked at; a folder with more than 5,000 images is refused anyway
FOLDER_SIDE = 64  # pixels of a side of the images of a folder of one's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A file as its authors publish it."""

    url: str
    md5: str  # as the authors' page has it

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """What is known of a data set before it is read."""

    name: str
    title: str
    shape: Shape  # of an image: channels, height, width
    classes: tuple[str, ...]
    page: str = ""  # where it is described
    files: tuple[Published, ...] = ()  # none: it comes with a library
    megabytes: int = 0  # of the files
    folders: tuple[str, ...] = ()  # inside the data folder, where they are looked for


def _idx_files(address: str, *md5: str) -> tuple[Published, ...]:
    """The four files of MNIST and what has its format; the sums in the order of the names."""
    names = (f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))
    return tuple(
        Published(url=f"{address}/{name}.gz", md5=known) for name, known in zip(names, md5, strict=True)
    )


DIGITS = tuple("0123456789")
# Lower-case letters that do not look like their capitals: those that EMNIST keeps apart (Cohen et al. 2017).
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt")
MNIST = DataSet(
    name="mnist",
    title="MNIST: handwritten digits, 28x28 (LeCun, Cortes, Burges 1998)",
    shape=(1, 28, 28),
    classes=DIGITS,
    page="http://yann.lecun.com/exdb/mnist/",
    # The authors' own server refuses programs; torchvision's copy has the same checksums.
    files=_idx_files(
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
    megabytes=12,
    folders=("mnist", "MNIST/raw"),
)
FASHION = DataSet(
    name="fashion-mnist",
    title="Fashion-MNIST: clothes, 28x28 (Xiao, Rasul, Vollgraf 2017)",
    shape=(1, 28, 28),
    classes=(
        "T-shirt/top",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ),
    page="https://github.com/zalandoresearch/fashion-mnist",
    files=_idx_files(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
    megabytes=31,
    folders=("fashion-mnist", "FashionMNIST/raw"),
)
CIFAR10 = DataSet(
    name="cifar10",
    title="CIFAR-10: ten kinds of things in colour, 32x32 (Krizhevsky 2009)",
    shape=(3, 32, 32),
    classes=(
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
    page="https://www.cs.toronto.edu/~kriz/cifar.html",
    files=(
        Published(
            url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            md5="c32a1d4ab5d03f1284b67883e8d87530",
        ),
    ),
    megabytes=162,
    folders=("cifar10", "."),
)
DATASETS: tuple[DataSet, ...] = (
    DataSet(
        name="digits",
        title="Digits: handwritten, 8x8, with scikit-learn (Alpaydin and Kaynak 1998)",
        shape=(1, 8, 8),
        classes=DIGITS,
    ),
    DataSet(
        name="cluttered-digits",
        title="Cluttered digits: the same in 16x16, among pieces of others and noise, composed here",
        shape=(1, 16, 16),
        classes=DIGITS,
    ),
    DataSet(
        name="cluttered-letters",
        title="Cluttered letters: 16x16, of a font, composed in the same way; to learn from before",
        shape=(1, 16, 16),
        classes=LETTERS,
    ),
    FASHION,
    MNIST,
    CIFAR10,
)


def data_folder() -> Path:
    """Where data sets are looked for: `CNNVIZ_DATA`, or a folder in the user's data folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else platformdirs.user_data_path("cnnviz") / "data"


def described(name: str) -> DataSet:
    """What is known of a data set; of `folder:NAME` its classes are looked up. Raises CnnvizError."""
    if name.startswith(FOLDER_PREFIX):
        folder = own_folder(name)
        return DataSet(
            name=name,
            title=f"images of {folder}",
            shape=(3, FOLDER_SIDE, FOLDER_SIDE),
            classes=class_names(folder),
        )
    for known in DATASETS:
        if known.name == name:
            return known
    names = [known.name for known in DATASETS]
    raise UnknownNameError(
        f"there is no data set {name!r}{near_misses(name, names)}; images of your own are called "
        f"{FOLDER_PREFIX}NAME, and lie in {data_folder()}/NAME/CLASS/*.png"
    )


def own_folder(name: str) -> Path:
    """The folder of `folder:NAME`: inside the data folder, because whoever opens the page may name one."""
    inner = name.removeprefix(FOLDER_PREFIX)
    if not inner or inner in (".", "..") or set(inner) & set("/\\\0"):
        raise DataError(f"{name!r} must be {FOLDER_PREFIX}NAME, with the name of a folder in {data_folder()}")
    folder = data_folder() / inner
    if not folder.is_dir():
        raise DataError(
            f"there is no folder {folder}: put images into {folder}/CLASS/, one folder for each class, or "
            f"let {FOLDER_VARIABLE} name the folder that has {inner!r}"
        )
    return folder


def files_digest(name: str) -> str:
    """What tells a folder of one's own from the same before its files were changed; "" for other data.

    Of names, sizes and times: no file is read.
    """
    if not name.startswith(FOLDER_PREFIX):
        return ""
    told = hashlib.sha256()
    try:
        folder = own_folder(name)
        for path in sorted(islice(folder.rglob("*"), MOST_FILES)):
            if path.is_file():
                about, inside = path.stat(), path.relative_to(folder).as_posix()  # its folder is its class
                told.update(f"{inside}|{about.st_size}|{about.st_mtime_ns}\n".encode("utf-8", "replace"))
    except (DataError, OSError):  # whoever reads the images says what is wrong
        return ""
    return told.hexdigest()[:16]


def class_names(folder: Path) -> tuple[str, ...]:
    """The class folders of an image folder, or of its part for training, sorted. Raises DataError."""
    inner = folder / "train" if (folder / "train").is_dir() else folder
    try:
        classes = tuple(sorted(p.name for p in inner.iterdir() if p.is_dir() and not p.name.startswith(".")))
    except OSError as error:
        raise DataError(f"{inner} cannot be read: {error.strerror}") from None
    if not 2 <= len(classes) <= 100:
        raise DataError(
            f"{inner} has {len(classes)} folders, and needs one for each of 2 to 100 classes, with its images"
        )
    return classes
