# SPDX-License-Identifier: MIT
"""An nginx in front of several workers, by the shipped upstream-several.conf; only the sockets' paths are substituted."""
from pathlib import Path

from .nginx import Nginx, substitute
from .worker import ROOT


class SeveralNginx(Nginx):
    """In front of two workers."""

    def __init__(self, folder: Path, workers, **options):
        super().__init__(folder, fastcgi=workers[0].fastcgi, scgi=workers[0].scgi, **options)
        upstream = (ROOT / "nginx" / "upstream-several.conf").read_text()
        for number, worker in enumerate(workers, 1):
            for framing, path in (("fastcgi", worker.fastcgi), ("scgi", worker.scgi)):
                upstream = substitute(upstream, f"unix:/run/xmpp-eventsource-{number}/{framing}.sock", f"unix:{path}")
        (self.folder / "conf" / "upstream.conf").write_text(upstream)
