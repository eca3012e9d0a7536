"""The same work from where a user stood to where we are: ``python -m bench ladder``.

`work` is what everything has to compute, `rungs` are the ways to do it, `climb` measures them,
`nash` is the whole computation of equilibria, `cuda` what is told of GPUs, and `report` prints;
`command` brings them together. See bench/README.md for what the columns mean.
"""
