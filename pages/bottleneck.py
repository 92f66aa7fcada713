"""Bottleneck: what a layer costs, what a trick in its place does, and where it begins to pay."""

from cnnviz.ui import lab, link_problems, links

link_problems.show(links.chosen())
lab.lab(links.chosen())
