"""Symmetric games given by their payoffs, whatever they are about, and their equilibria."""
