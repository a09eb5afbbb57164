"""How fast the plugin is, against two baselines made from the SDK itself."""
