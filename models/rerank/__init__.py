"""Rerank models."""
