"""What the program costs, measured beside something plain in the same run: `make bench`."""
