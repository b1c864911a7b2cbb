"""`python -m huiyan_ingest`: one ingest process, set up by `HUIYAN_INGEST_…`."""

import sys

from huiyan_kit.lifecycle import run_service

from huiyan_ingest.app import SERVICE, compose
from huiyan_ingest.settings import IngestSettings

if __name__ == "__main__":
    sys.exit(run_service(SERVICE, IngestSettings.model_validate({}), compose))
