"""`python -m services.cli`: the command where no script was installed."""

import sys

from services.cli import main

sys.exit(main())
