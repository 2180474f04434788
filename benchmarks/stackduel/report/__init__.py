"""Reports of a run: sections/ computes what they say, once; every other package and module here renders it in one form.

Imports nothing that measures.
"""
