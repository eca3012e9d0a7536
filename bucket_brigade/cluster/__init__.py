"""Clusters: programs and sweeps over the machines of a Ray cluster (extra ``ray``).

`tasks` runs functions as Ray tasks, as many at a time as the cluster has room for, and does those
again whose node was lost. `parts` cuts a program into line-ups and blocks and puts counts together;
`ray_backend` is the backend ``"ray"`` made of both, and sweeps use `tasks` for their points.
Ray is imported when a cluster is asked for, and a cluster is never started: that takes longer than
most of what is computed here.
"""
