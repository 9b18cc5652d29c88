"""Tests of the tree of the same name."""
