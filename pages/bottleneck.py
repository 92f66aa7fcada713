"""Bottleneck: what a layer costs, what a trick in its place does, and where it begins to pay."""

from cnnviz.ui import bottleneck_lab, links

bottleneck_lab.lab(links.chosen())
