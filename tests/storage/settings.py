"""The service with less patience for a store that keeps silent."""

from botocore.config import Config

from albumen.storage.s3 import _CONFIG
from albumen.web.settings import *  # noqa: F403

PATIENCE = Config(read_timeout=3, retries={"mode": "standard", "total_max_attempts": 1})
STORAGES["default"]["OPTIONS"]["client_config"] = _CONFIG.merge(PATIENCE)  # type: ignore[index]  # noqa: F405
