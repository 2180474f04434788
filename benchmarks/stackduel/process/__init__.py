"""This process itself: its cores, its signals and its standard streams.

Imports nothing else of stackduel.
"""
