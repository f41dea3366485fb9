# SPDX-License-Identifier: MIT
"""A machine to install on: stand-ins for apt-get, dpkg-query, sudo and id, which fail as the real ones do."""
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("awk bash cat chmod cut dpkg env flock grep head mktemp paste readlink dirname rm sed sh sleep sort tail tee touch").split()

DPKG_QUERY = r"""
for package; do :; done
while read -r name version; do
  if [ "$name" = "$package" ]; then echo "installed $version"; exit 0; fi
done <"$MACHINE/installed"
exit 1
"""

# Does what $MACHINE/apt says (one word a call, the last one again and again): fine, locked, offline, unknown.
APT_GET = r"""
echo "$*" >>"$MACHINE/calls"
[ -e "$MACHINE/root/usr/sbin/policy-rc.d" ] && cp "$MACHINE/root/usr/sbin/policy-rc.d" "$MACHINE/guard"
what=''
for word; do case $word in update | install) what=$word ;; esac; done
mood=$(head -n 1 "$MACHINE/apt")
if [ "$(wc -l <"$MACHINE/apt")" -gt 1 ]; then sed -i 1d "$MACHINE/apt"; fi
case $mood-$what in
  locked-*)
    echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 4711 (unattended-upgr)' >&2
    echo 'E: Unable to lock directory /var/lib/apt/lists/' >&2
    exit 100 ;;
  offline-update)
    echo "Err:1 http://mirror.example/debian bookworm InRelease"
    echo "  Temporary failure resolving 'mirror.example'"
    echo 'W: Some index files failed to download. They have been ignored, or old ones used instead.' >&2 ;;
  unknown-install)
    echo 'E: Unable to locate package green-gauge' >&2
    exit 100 ;;
  *-update) echo "Hit:1 http://mirror.example/debian bookworm InRelease" ;;
  *-install)
    for word; do
      version=$(sed -n "s/^$word //p" "$MACHINE/available")
      if [ -z "$version" ]; then continue; fi
      sed -i "/^$word /d" "$MACHINE/installed"
      echo "$word $version" >>"$MACHINE/installed"
      echo "pmstatus:$word:50.0000:Installing $word"
    done ;;
esac
"""

SUDO = r"""
case $1 in
  -n) exit "$(cat "$MACHINE/sudo_needs_password")" ;;
  -v) exit 0 ;;
esac
echo sudo >>"$MACHINE/sudo_calls"
exec "$@"
"""

ID = r"""case $1 in -u) cat "$MACHINE/uid" ;; *) echo harbourmaster ;; esac"""


class Machine:
    def __init__(self, folder: Path, packages: str):
        self.folder = folder
        self.bin, self.root, self.deploy = folder / "bin", folder / "root", folder / "deploy"
        for made in (self.bin, self.deploy, self.root / "etc", self.root / "usr/sbin", folder / "tmp"):
            made.mkdir(parents=True)
        for tool in (*TOOLS, "wc", "cp"):
            (self.bin / tool).symlink_to(shutil.which(tool))
        for name, text in (("dpkg-query", DPKG_QUERY), ("apt-get", APT_GET), ("sudo", SUDO), ("id", ID)):
            (self.bin / name).write_text("#!/bin/bash\n" + text)
            (self.bin / name).chmod(0o755)
        for script in ("install.sh", "apt_install.sh", "progress.sh"):
            shutil.copy(ROOT / "deploy" / script, self.deploy)
        (self.deploy / "packages.txt").write_text(packages)
        self.write("apt", "fine\n")
        self.write("uid", "1000\n")
        self.write("sudo_needs_password", "0\n")
        self.write("installed", "")
        self.write("available", "")
        self.write("root/etc/os-release", 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')

    @property
    def guard(self) -> Path:
        return self.root / "usr/sbin/policy-rc.d"

    def write(self, name: str, text: str):
        (self.folder / name).write_text(text)

    def read(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def without(self, command: str):
        (self.bin / command).unlink()

    def apt_calls(self, what: str) -> list[list[str]]:
        """The arguments after `update` or `install`, options left out, of each call."""
        calls = [line.split() for line in self.read("calls").splitlines()]
        return [[word for word in call[call.index(what) + 1:] if not word.startswith("-")] for call in calls if what in call]

    def install(self, *arguments: str) -> subprocess.CompletedProcess:
        environment = {"PATH": str(self.bin), "MACHINE": str(self.folder), "XES_ROOT": str(self.root), "LANG": "C.UTF-8",
                       "TMPDIR": str(self.folder / "tmp"), "HOME": str(self.folder)}
        # A session of its own has no terminal, so that nothing can ask for a password.
        return subprocess.run([self.bin / "bash", self.deploy / "install.sh", *arguments], env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, start_new_session=True, timeout=50)

    def left_over(self) -> list[str]:
        return os.listdir(self.folder / "tmp")
