"""Ideas: what is behind layers and training, one screen each, to be touched."""

from cnnviz.ui.ideas import frame

frame.page()
