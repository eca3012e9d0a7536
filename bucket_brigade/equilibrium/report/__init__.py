"""Equilibria for people and other programs: pictures, payoff tables, files for Gambit."""
