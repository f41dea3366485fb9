# SPDX-License-Identifier: MIT
"""Reads XML as it comes. An expat that defers (2.6 and later) would hold a long tag back until much more has come."""
import xml.etree.ElementTree as ET


class PullParser(ET.XMLPullParser):
    def feed(self, data) -> None:
        super().feed(data)
        if hasattr(self, "flush"):  # Python 3.13
            self.flush()
