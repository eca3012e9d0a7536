"""Searches: double oracle for symmetric equilibria, and best responses by seat for pure ones."""
