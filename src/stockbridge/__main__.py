"""`python -m stockbridge` is the command `stockbridge`."""

from stockbridge.cli import main

main()
