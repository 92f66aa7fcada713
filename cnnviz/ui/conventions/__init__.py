"""The page Conventions: `overview` draws what follows from the trace, `second` asks the tools themselves."""
