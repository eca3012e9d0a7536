"""Regret with confidence: an interval and a verdict, within a budget."""
