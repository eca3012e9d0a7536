"""Policies: the acts of an agent on each night, one kind of policy in a file."""
