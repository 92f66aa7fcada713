"""The errors a person may see: each says what was wrong, the rule, and the way out."""


class CnnvizError(Exception):
    """Base of all errors that cnnviz raises on purpose; the command line prints it and exits with 2."""


class UnknownNameError(CnnvizError):
    """A network, variant, option or format that does not exist; the message lists near misses."""


class UnknownNetworkError(UnknownNameError):
    """A network that is not in the catalogue. The place where it was named says where to look for others."""

    name = ""  # as it was given
    near = ""  # what the message ends with, where it says one of nearly that name


class OptionError(CnnvizError):
    """An option's value outside its declared type or bounds."""


class TargetError(CnnvizError):
    """A `package.module:callable` that cannot be imported, called, or is not an nn.Module."""


class ShapeError(CnnvizError):
    """A tensor that an operation cannot take.

    Formula rules raise it without knowing which layer they work for; the tracer adds the layer's name,
    what the network got, and the smallest input that would work.
    """


class ReplayError(CnnvizError):
    """A trace that cannot be evaluated at another size, because the forward pass would take another way."""


class DeviceError(CnnvizError):
    """A device that this machine does not have."""


class ExportError(CnnvizError):
    """A file or format that cannot be written."""


class PictureError(CnnvizError):
    """An image of a person's own that cannot be read."""


class ModelFileError(CnnvizError):
    """A file that should hold a network and does not, or one that goes beyond what is read."""


class DesignError(CnnvizError):
    """A design of one's own that cannot be read, or a row of it that does not fit the rows before it."""


class StoreError(CnnvizError):
    """A database of training runs that does not answer, or a run that is not in it."""


class DataError(CnnvizError):
    """Images to train on that are missing, broken, or not what their name says."""


class MissingRunError(StoreError):
    """A training run that the store does not have, or not any more."""


class LimitError(CnnvizError):
    """More training than this machine's owner allows at once; the message has the limit and the way out."""


def in_link(words: str, name: str) -> str:
    """What a link calls `name`, in a person's words: `the operation (op in the link)`."""
    return f"the {words} ({name} in the link)"
