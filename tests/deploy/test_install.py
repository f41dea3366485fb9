# SPDX-License-Identifier: MIT
"""deploy/install.sh: what it asks apt for, and what it says where it cannot go on."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import ROOT, Machine  # noqa: E402

PACKAGES = """
[harbour]
crane          # a comment
libtide-dev >= 2.5.0-1+deb12u2
signal >= 1.0 flag

[quay]
bollard
"""


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path, PACKAGES)


def has(machine, *packages):
    machine.write("installed", "".join(f"{package}\n" for package in packages))


def offers(machine, *packages):
    machine.write("available", "".join(f"{package}\n" for package in packages))


EVERYTHING = ("crane 1", "libtide-dev 2.5.0-1+deb12u5", "signal 1.2", "bollard 1")


def failed_with(ended, sentence):
    assert ended.returncode == 1
    told = ended.stderr.strip().splitlines()
    assert len(told) == 1 and told[0].startswith("install.sh: ") and sentence in told[0], ended.stderr


def test_where_nothing_is_missing_nothing_is_said_or_asked_for(machine):
    has(machine, *EVERYTHING)
    machine.without("sudo")
    machine.without("apt-get")
    ended = machine.install("harbour", "quay")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_only_what_is_missing_of_the_sections_is_installed_and_said_beforehand(machine):
    has(machine, "crane 1")
    offers(machine, *EVERYTHING)
    ended = machine.install("harbour")
    assert ended.returncode == 0, ended.stderr
    assert machine.apt_calls("install") == [["libtide-dev", "signal"]]
    assert ended.stdout.startswith("==> installing, with their dependencies: libtide-dev signal\n    by apt-get through sudo, ")
    assert machine.read("sudo_calls") == "sudo\n"  # so it asks once
    assert machine.left_over() == []


@pytest.mark.parametrize("installed", ["2.5.0-1", "2.5.0-1+deb12u1", "2.5.0-1~deb12u3", "2.4.9-9"])
def test_what_is_older_than_the_minimum_is_upgraded(machine, installed):
    has(machine, "crane 1", f"libtide-dev {installed}", "signal 1.0")
    offers(machine, *EVERYTHING)
    ended = machine.install("harbour")
    assert ended.returncode == 0, ended.stderr
    assert machine.apt_calls("install") == [["libtide-dev"]]
    assert f"upgrading libtide-dev: {installed} is installed, 2.5.0-1+deb12u2 or newer is required" in ended.stdout


@pytest.mark.parametrize("installed", ["2.5.0-1+deb12u2", "2.5.0-1+deb12u5", "2.6.0-1", "2.9.0-1~deb13u1", "1:1.0-1"])
def test_the_minimum_and_what_is_newer_stay(machine, installed):
    has(machine, "crane 1", f"libtide-dev {installed}", "signal 1.0")
    assert machine.install("harbour").returncode == 0
    assert machine.read("calls") == ""


def test_what_apt_has_no_newer_one_of_is_told_and_used(machine):
    has(machine, "crane 1", "libtide-dev 2.5.0-1+deb12u1", "signal 1.0")
    offers(machine, "libtide-dev 2.5.0-1+deb12u1")
    ended = machine.install("harbour")
    assert ended.returncode == 0, ended.stderr
    assert "libtide-dev stays at 2.5.0-1+deb12u1 because apt has no 2.5.0-1+deb12u2 here" in ended.stdout


def test_a_command_that_exists_stands_for_its_package(machine):
    has(machine, "crane 1", "libtide-dev 2.6")
    (machine.bin / "flag").symlink_to("/bin/true")
    assert machine.install("harbour").returncode == 0
    assert machine.read("calls") == ""


@pytest.mark.parametrize("release, name", [
    ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04 LTS"\n', "Ubuntu 24.04 LTS"),
    ('ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\n', "Debian GNU/Linux 11 (bullseye)"),
    ('ID=debian\nPRETTY_NAME="Debian GNU/Linux forky/sid"\n', "Debian GNU/Linux forky/sid"),
    ("", "an unknown system")])
def test_another_system_is_told_what_was_tried_and_goes_on(machine, release, name):
    machine.write("root/etc/os-release", release)
    offers(machine, *EVERYTHING)
    ended = machine.install("quay")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"==> this is {name}; only Debian 12 and 13 are tested, but it may work here, too\n")
    assert machine.apt_calls("install") == [["bollard"]]


@pytest.mark.parametrize("version", ["12", "13"])
def test_the_debians_that_were_tried_are_not_told_so(machine, version):
    machine.write("root/etc/os-release", f'ID=debian\nVERSION_ID="{version}"\nPRETTY_NAME="Debian"\n')
    has(machine, *EVERYTHING)
    assert machine.install("harbour").stdout == ""


@pytest.mark.parametrize("command", ["dpkg", "dpkg-query"])
def test_no_dpkg(machine, command):
    machine.without(command)
    machine.write("root/etc/os-release", 'ID=fedora\nPRETTY_NAME="Fedora Linux 41"\n')
    failed_with(machine.install("harbour", "quay"),
                "this is Fedora Linux 41, without dpkg: install the packages of deploy/packages.txt by hand, sections: harbour quay")


def test_no_apt(machine):
    machine.without("apt-get")
    has(machine, "libtide-dev 1", "signal 1.0")
    failed_with(machine.install("harbour"), "without apt-get: install by hand: crane libtide-dev")


def test_no_sudo(machine):
    machine.without("sudo")
    failed_with(machine.install("quay"), "installing needs root: run it as root, or install sudo and allow it to harbourmaster")
    assert machine.read("calls") == ""


def test_root_needs_no_sudo(machine):
    machine.without("sudo")
    machine.write("uid", "0\n")
    offers(machine, *EVERYTHING)
    assert machine.install("quay").returncode == 0
    assert machine.apt_calls("install") == [["bollard"]]


def test_a_password_that_nobody_can_be_asked_for(machine):
    machine.write("sudo_needs_password", "1\n")
    failed_with(machine.install("quay"), "sudo needs a password, but there is no terminal")
    assert machine.read("calls") == ""


def test_a_lock_that_is_let_go_is_waited_for(machine):
    machine.write("apt", "locked\nlocked\nfine\n")
    offers(machine, *EVERYTHING)
    ended = machine.install("quay")
    assert ended.returncode == 0, ended.stderr
    assert machine.apt_calls("install") == [["bollard"]]
    assert "packages: waiting for apt's lock, held by process 4711 (unattended-upgr)\n" in ended.stdout


def test_a_lock_that_is_held_for_too_long(machine):
    machine.write("apt", "locked\n")
    failed_with(machine.install("--wait", "1", "quay"),
                "apt's lock is held by process 4711 (unattended-upgr), for more than 1 seconds: try again when that is done")
    assert machine.apt_calls("install") == []
    assert not machine.guard.exists()


def test_no_network(machine):
    machine.write("apt", "offline\n")
    failed_with(machine.install("quay"), "the package mirror cannot be reached (Temporary failure resolving 'mirror.example')")
    assert machine.apt_calls("install") == []
    assert not machine.guard.exists()


def test_a_package_that_apt_does_not_know(machine):
    machine.write("apt", "unknown\n")
    failed_with(machine.install("quay"), "apt has no such package here (Unable to locate package green-gauge)")


def test_all_that_apt_said_can_be_read_after_a_failure(machine):
    machine.write("apt", "offline\n")
    ended = machine.install("quay")
    kept = ended.stderr.split("the output of apt: ")[1].strip().rstrip(")")
    assert "Err:1 http://mirror.example/debian" in Path(kept).read_text()


def test_no_service_starts_while_packages_come_in(machine):
    offers(machine, *EVERYTHING)
    assert machine.install("quay").returncode == 0
    assert machine.read("guard").endswith("exit 101\n")
    assert not machine.guard.exists()


def test_the_machines_own_rule_for_services_stays(machine):
    machine.guard.write_text("#!/bin/sh\nexit 0\n")
    offers(machine, *EVERYTHING)
    assert machine.install("quay").returncode == 0
    assert machine.guard.read_text() == "#!/bin/sh\nexit 0\n"


def test_a_rule_left_behind_by_a_run_that_was_killed_goes(machine):
    offers(machine, *EVERYTHING)
    machine.install("quay")
    machine.guard.write_text(machine.read("guard"))
    has(machine)
    assert machine.install("quay").returncode == 0
    assert not machine.guard.exists()


@pytest.mark.parametrize("arguments, sentence", [
    ((), "name a section"), (("wharf",), "no section [wharf] in deploy/packages.txt; the sections are: harbour quay"),
    (("--wait", "soon", "quay"), '--wait: expected a number of seconds, not "soon"'), (("--wait",), "--wait"),
    (("--wharf",), "unknown option: --wharf")])
def test_bad_arguments(machine, arguments, sentence):
    ended = machine.install(*arguments)
    assert ended.returncode == 1 and sentence in ended.stderr.splitlines()[-1]
    assert machine.read("calls") == ""


def test_help_names_the_sections(machine):
    ended = machine.install("--help")
    assert ended.returncode == 0 and "Sections: harbour quay" in ended.stdout


def test_the_build_asks_for_no_test_framework_and_no_browser(tmp_path):
    machine = Machine(tmp_path, (ROOT / "deploy/packages.txt").read_text())
    offers(machine, "g++ 12")
    machine.install("build", "run", "demo")
    asked, = machine.apt_calls("install")
    assert {"g++", "libexpat1-dev", "zlib1g-dev", "prosody", "nginx"} <= set(asked)
    assert not {"libgtest-dev", "libgmock-dev", "libbenchmark-dev", "chromium", "ejabberd"} & set(asked)
