"""What the catalogue says of each family, as plain data: one file a family, none of them imports torch."""
