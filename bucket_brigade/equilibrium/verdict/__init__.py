"""Whether nobody gains by leaving: regret as an interval, with a verdict, within a budget."""
