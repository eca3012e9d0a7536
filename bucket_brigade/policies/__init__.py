"""Who plays: what an agent does each night, one kind of policy in a file."""
