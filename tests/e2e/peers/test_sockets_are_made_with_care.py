# SPDX-License-Identifier: MIT
"""Unix and TCP listeners: mode, group, what is replaced and what is not, and several at once."""
import grp
import os
import socket
import stat

import pytest

from harness.process import free_port, wait_until
from harness.worker import run, settled_sockets, sockets_of


def test_unix_sockets_are_for_owner_and_group_only(own_worker):
    worker = own_worker().start()
    for path in (worker.fastcgi, worker.scgi):
        found = os.stat(path)
        assert stat.S_ISSOCK(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o660
        assert (found.st_uid, found.st_gid) == (os.geteuid(), os.getegid())


def test_their_group_is_the_configured_one(own_worker):
    others = [one for one in (os.getgroups() if os.geteuid() else [33, 65534]) if one != os.getegid()]
    name = grp.getgrgid(others[0]).gr_name if others else grp.getgrgid(os.getegid()).gr_name
    worker = own_worker(listen={"group": name}).start()
    found = os.stat(worker.fastcgi)
    assert grp.getgrgid(found.st_gid).gr_name == name
    assert stat.S_IMODE(found.st_mode) == 0o660


def test_a_stale_socket_is_replaced(own_worker, user, node, framing, open_direct):
    worker = own_worker()
    for path in (worker.fastcgi, worker.scgi):
        left = socket.socket(socket.AF_UNIX)
        left.bind(path)
        left.listen()
        left.close()
    worker.start().wait_connected(user("friend"))
    assert open_direct(worker, node, framing)


def test_the_socket_of_a_killed_worker_is_replaced(own_worker, user, node, publisher, open_direct):
    worker = own_worker().start().wait_connected(user("friend"))
    worker.process.kill()
    worker.start().wait_connected(user("friend"))
    stream = open_direct(worker, node)
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    assert stream.next()


def test_a_socket_in_use_is_refused_and_its_user_undisturbed(own_worker, user, node, publisher, open_direct):
    first = own_worker().start().wait_connected(user("friend"))
    stream = open_direct(first, node)
    second = own_worker(fastcgi=first.fastcgi_listeners, scgi=[])
    ended = run("--config", second.config)
    assert ended.returncode == 1
    assert first.fastcgi in ended.stderr + ended.stdout
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    assert stream.next() and open_direct(first, node)


@pytest.mark.parametrize("what", ["a file", "a folder"])
def test_something_else_in_the_sockets_place_is_not_removed(own_worker, what):
    worker = own_worker(scgi=[])
    if what == "a file":
        with open(worker.fastcgi, "w") as file:
            file.write("precious")
    else:
        os.mkdir(worker.fastcgi)
    ended = run("--config", worker.config)
    assert ended.returncode == 1 and worker.fastcgi in ended.stderr + ended.stdout
    assert os.path.isdir(worker.fastcgi) or open(worker.fastcgi).read() == "precious"


def test_a_tcp_port_in_use_is_refused(own_worker):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        worker = own_worker(fastcgi=[address], scgi=[])
        ended = run("--config", worker.config)
    assert ended.returncode == 1 and address in ended.stderr + ended.stdout


def test_several_listeners_of_every_kind_serve_at_once(own_worker, user, node, publisher, open_direct, folder):
    tcp, tcp_scgi = free_port(), free_port()
    fastcgi = [f"unix:{folder}/a.sock", f"unix:{folder}/b.sock", f"127.0.0.1:{tcp}"]
    scgi = [f"unix:{folder}/c.sock", f"127.0.0.1:{tcp_scgi}"]
    if socket.has_ipv6 and os.path.exists("/proc/net/if_inet6") and "00000001 " in open("/proc/net/if_inet6").read():
        fastcgi.append(f"[::1]:{free_port(socket.AF_INET6)}")
        scgi.append(f"[::1]:{free_port(socket.AF_INET6)}")
    worker = own_worker(fastcgi=fastcgi, scgi=scgi).start().wait_connected(user("friend"))
    framings = ["fastcgi"] * len(fastcgi) + ["scgi"] * len(scgi)
    streams = [open_direct(worker, node, framing, address=address) for framing, address in zip(framings, worker.addresses())]
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    for stream in streams:
        assert stream.next()


def test_the_group_of_an_unknown_name_is_refused(own_worker):
    worker = own_worker(listen={"group": "no-such-group"})
    ended = run("--config", worker.config)
    assert ended.returncode == 1 and "no-such-group" in ended.stderr + ended.stdout


def test_refused_descriptors_come_back_even_if_the_web_server_keeps_them(own_worker, user, open_direct):
    worker = own_worker(listen={"head_timeout": "1s"}).start().wait_connected(user("friend"))
    before = len(settled_sockets(worker.pid))
    for _ in range(100):
        open_direct(worker, "nobody-made-this", wait=False).wait_head().wait_end(3)
    wait_until(lambda: len(sockets_of(worker.pid)) <= before, "descriptors to be given back", timeout=4)
