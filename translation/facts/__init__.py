"""The facts about a model, and its schema for Dify."""
