"""How many results of a ranking are asked for."""


def results_wanted(top_n: int | None, documents: int) -> int | None:
    """Return how many results to ask for: providers refuse more than there are documents (P07)."""
    return min(top_n, documents) if top_n is not None and top_n > 0 else None
