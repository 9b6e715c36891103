"""Graphs of components, and the ways to run them."""
