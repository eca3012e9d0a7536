"""Payoffs however they are computed, sampled or exact, and the one method checked by the other."""
