"""One network at one size as a single HTML file: opens without a server, prints on A4, asks for nothing."""

from cnnviz.handout.page import command_line, handout

__all__ = ["command_line", "handout"]
