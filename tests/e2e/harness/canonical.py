# SPDX-License-Identifier: MIT
"""Whether two XML texts mean the same: equal by Canonical XML 2.0, prefixes apart."""
import xml.etree.ElementTree as ET


def canonical(xml: str) -> str:
    return ET.canonicalize(xml, rewrite_prefixes=True)


def payload_of(item_xml: str) -> str:
    """The one element inside an `<item>`, serialised again."""
    (payload,) = ET.fromstring(item_xml)
    return ET.tostring(payload, encoding="unicode")
