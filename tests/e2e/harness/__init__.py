# SPDX-License-Identifier: MIT
"""The real parts that the end-to-end tests are played with: servers, an independent publisher, an independent page."""
