"""Reports of a run: ``sections`` computes the content once, and the other packages render it, one format each.

Imports only ``storage`` and packages below it; never a package that measures.
"""
