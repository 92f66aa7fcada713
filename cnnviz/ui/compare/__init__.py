"""The page that puts networks side by side."""
