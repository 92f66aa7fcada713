"""Training: claims of the course as curves of networks that are trained here and now."""

from cnnviz.ui import links
from cnnviz.ui.training import page

page.laboratory(links.chosen())
