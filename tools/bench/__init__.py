"""Benchmark of the plugin against three baselines (tools/bench/baselines.py)."""
