"""Small networks trained live: settings in, records out. Needs torch; knows nothing of pages or commands."""
