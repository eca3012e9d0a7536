"""The game restricted to a pool of strategies: its payoffs, and the line-ups they are read from."""
