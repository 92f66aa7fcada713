"""Training: claims of the course as curves of networks that are trained here and now."""

from cnnviz.ui import link_problems, links
from cnnviz.ui.training import page

chosen = links.chosen()
link_problems.show(chosen)
page.laboratory(chosen)
