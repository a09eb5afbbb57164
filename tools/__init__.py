"""Programs for developers; not part of the plugin package."""
