"""The form's strings → frozen settings."""
