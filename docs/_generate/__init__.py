"""Pages and figures of ``docs/`` that are made of stored results: ``python -m docs._generate``.

They use Matplotlib (extra ``plot``) for what they draw.
"""
