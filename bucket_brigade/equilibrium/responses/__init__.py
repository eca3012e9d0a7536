"""Best responses: which strategy gains most over a profile."""
