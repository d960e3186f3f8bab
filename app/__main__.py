"""`python -m app`: the same as `hotline`."""

from app.cli import main

main()
