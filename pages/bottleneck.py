"""Bottleneck: what a layer costs, what a trick in its place does, and where it begins to pay."""

from cnnviz.ui import lab, links

lab.lab(links.chosen())
