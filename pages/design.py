"""Design your own: a network of rows, with its costs at every edit."""

from cnnviz.ui import design

design.workbench()
