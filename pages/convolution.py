"""One convolution, number by number: every product under a window that moves."""

from cnnviz.ui.convolving import page

page.workbench()
