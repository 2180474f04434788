"""Reports of a run: ``sections`` computes the content once, and the other packages render it, one format each.

Imports ``storage`` and packages below it; must not import any package that measures.
"""
