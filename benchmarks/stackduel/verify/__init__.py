"""Single requests to a stack, and the checks that its answers keep the HTTP contract and agree with other stacks.

Imports only ``inference`` and ``model``; must not import ``launch`` or ``observe``.
"""
