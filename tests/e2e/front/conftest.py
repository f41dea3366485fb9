# SPDX-License-Identifier: MIT
import os
import shutil

import pytest

from harness.apache import Apache
from harness.responder import Responder


@pytest.fixture
def stand_in(apache, folder):
    """In place of the worker behind the scenario's `apache`."""
    responder = Responder(folder)
    if os.geteuid() == 0:
        for path in (responder.fastcgi, responder.scgi):
            shutil.chown(path, group=Apache.group)
            os.chmod(path, 0o660)
    yield responder
    responder.close()
