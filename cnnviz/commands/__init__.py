"""The commands, one a file: `cnnviz trace` is `trace.py`, and only the called one is imported.

Each file has `HELP` (one line), `DESCRIPTION` (what else there is to say, or ""), `add_arguments(parser)` and
`run(arguments)`. What a command works with is imported inside `run`, so that help and mistakes are told at
once. `cnnviz.cli` lists the names; `common.py` has what several commands take.
"""
