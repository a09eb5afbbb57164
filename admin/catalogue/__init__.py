"""A package that carries the catalogue of one proxy, so that Dify lists its models by themselves."""
