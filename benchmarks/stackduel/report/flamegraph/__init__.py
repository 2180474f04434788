"""Samples as files for a reader: a flamegraph that needs nothing but a browser, and a file for speedscope.

Pure but for reading its own script; what came from outside is escaped here.
"""
