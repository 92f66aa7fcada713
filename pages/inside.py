"""Inside: filters and feature maps of trained networks, one pixel, and what would change."""

from cnnviz.ui.looking import page

page.looking()
