"""`python -m huiyan_runner`: the command `huiyan` without its script."""

import sys

from huiyan_runner.main import main

sys.exit(main())
