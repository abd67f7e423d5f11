"""`python -m services.cli`: the command where no script was installed."""

from services.cli import main

main()
