"""One file per verb: HELP, add_arguments(parser), run(options) -> exit code."""
