"""`python -m tdsim` is the command `tdsim`."""

import sys

from .cli import main

sys.exit(main())
