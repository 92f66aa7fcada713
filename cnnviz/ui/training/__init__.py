"""The page Training: live curves that cost the server little, however many watch."""
