"""Settings that all tests share."""

import torch
from hypothesis import settings

torch.set_num_threads(1)  # two workers on two cores; tiny tensors gain nothing from threads

# No deadline: the first example pays for what torch loads late.
settings.register_profile("cnnviz", deadline=None, max_examples=60)
settings.load_profile("cnnviz")
