# SPDX-License-Identifier: MIT
"""What XMPP servers have in common: one process, which a test stops, kills and restarts."""


class Server:
    process = None
    stop_within = 8.0  # seconds

    def stop(self) -> None:
        if self.process:
            self.process.end(self.stop_within)
            self.process = None

    def kill(self) -> None:
        """As a power cut would: nothing is said to anybody. What is on disk stays."""
        self.process.kill()
        self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()
