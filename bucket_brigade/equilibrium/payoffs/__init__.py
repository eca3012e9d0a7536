"""Payoffs of a scenario for the search of equilibria, behind one interface: exact or sampled."""
