"""This process itself: its cores and its signals.

Imports nothing else of stackduel.
"""
