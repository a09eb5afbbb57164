"""What developers run; not part of the plugin package."""
