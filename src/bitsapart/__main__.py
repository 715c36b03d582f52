"""What ``python -m bitsapart`` does."""

from bitsapart.cli import main

main()
