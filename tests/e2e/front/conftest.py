# SPDX-License-Identifier: MIT
import os
import shutil

import pytest

from harness.apache import Apache
from harness.nginx import Nginx
from harness.responder import Responder


@pytest.fixture
def nginx(folder):
    """nginx(worker, …): before a real worker or a stand-in."""
    made = []

    def make(worker, **options) -> Nginx:
        made.append(Nginx(folder, worker.fastcgi, worker.scgi, **options))
        return made[-1].start()
    yield make
    for web in made:
        web.stop()


@pytest.fixture
def stand_in(request, folder):
    """In place of the worker behind the scenario's web server."""
    responder = Responder(folder)
    if "apache" in request.fixturenames and os.geteuid() == 0:
        for path in (responder.fastcgi, responder.scgi):
            shutil.chown(path, group=Apache.group)
            os.chmod(path, 0o660)
    yield responder
    responder.close()
