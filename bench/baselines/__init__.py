"""What a user had, or would write: the same game, each a small honest best effort of its own.

Every module but `common` has a function `play` for line-ups of heuristic agents, under all rules,
which returns a `common.Played`.
"""
