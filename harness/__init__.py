"""What commands and tests share: child processes, the plugin, a proxy, a server that answers."""
