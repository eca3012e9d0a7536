"""The game: scenarios and their catalogue, rewards, line-ups, and the results of line-ups."""
