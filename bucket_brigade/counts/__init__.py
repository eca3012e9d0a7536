"""Counts of events: integers of episodes that were played, and expected numbers of one."""

from bucket_brigade.counts.event_counts import END_KINDS, CountVectors, EventCounts, each_once
from bucket_brigade.counts.moments import Moments

__all__ = ["END_KINDS", "CountVectors", "EventCounts", "Moments", "each_once"]
