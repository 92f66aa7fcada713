"""Training: claims of the course as curves of networks that are trained here and now."""

from cnnviz.ui import link_problems, links
from cnnviz.ui.training import page

link_problems.show(links.chosen())
page.laboratory(links.chosen())
