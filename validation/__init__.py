"""Long checks of what the package claims, by statistics and by searches: ``python -m validation``.

The tests do the same with less; see README.md here for what each takes and how to read it.
"""
