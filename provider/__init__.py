"""The provider as Dify lists it."""
