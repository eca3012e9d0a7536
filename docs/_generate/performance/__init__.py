"""docs/performance.md and its plots, made of stored figures.

`stored` knows the files and the commands that make them; every section has a module of its own,
`page` puts them together, and `plots` draws. No number of a measurement is written down here.
"""
