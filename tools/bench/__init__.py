"""Benchmark of the plugin against two baselines made from the SDK."""
