# Part 1 of 4: from the interpreter that the host started to a process inside the sandbox.
#
#   locate   outside; learns where this interpreter and its packages live, then starts over with a clean environment
#   isolate  outside; enters new namespaces by itself, or starts bubblewrap
#   inside   the supervisor (worker_supervise.py)
#
# The parts are joined and passed as text, so nothing is written to disk: argv = [-c, source, stage, settings as JSON].
import ctypes
import errno
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
import time

SOURCE, STAGE, SETTINGS = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
# A copy of the built-in functions of its own: what the user's code does to float or len does not reach the worker.
BOOT = "import sys, builtins; exec(compile(sys.argv[1], 'rlvr_worker.py', 'exec'), {'__name__': 'rlvr_worker', '__builtins__': dict(vars(builtins))})"
signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the host, which ends its workers in its own time
LINUX = sys.platform.startswith("linux")
SYSTEM_PATHS = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime",
    "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/ssl", "/etc/pki",
]
DEVICES = ["null", "zero", "full", "random", "urandom"]
SHM_BYTES = 64 << 20


def send_frame(fd, message):
    data = json.dumps(message).encode()
    view = memoryview(struct.pack("<Q", len(data)) + data)
    while view:
        view = view[os.write(fd, view):]


def refuse(reason):
    """Tells the host why no sandbox came about; it may then try another kind."""
    send_frame(1, {"hello": False, "reason": reason})
    os._exit(0)


def locate():
    if sys.version_info < (3, 9):
        refuse("the interpreter is Python %d.%d, but 3.9 or later is needed" % sys.version_info[:2])
    if not sys.executable:
        refuse("the interpreter does not know its own path (sys.executable is empty)")
    home = os.path.expanduser("~")
    path = [p for p in sys.path if os.path.isabs(p) and os.path.exists(p) and p not in ("/", home)]
    roots = [sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(sys.executable), os.path.dirname(os.path.realpath(sys.executable))]
    SETTINGS["path"] = path
    SETTINGS["views"] = views([r for r in roots + path if r not in ("/", home)])
    scratch = SETTINGS.get("scratch") or "/tmp"
    clean = {
        "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": scratch, "TMPDIR": scratch, "LANG": "C.UTF-8", "TZ": "UTC",
        # One thread and one hash seed: the same input gives the same score, and address space is not spent on thread stacks.
        "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    }
    for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
        if name in os.environ:
            clean[name] = os.environ[name]
    start_over("isolate", clean)


def views(roots):
    """What the sandbox shows, as (path, where it really is, or a link's text): the system's folders and this interpreter's."""
    found, done = [], []
    for path in SYSTEM_PATHS + [view for root in roots for view in (root, os.path.realpath(root))]:
        if path in done or any(path.startswith(d + "/") for d in done) or not os.path.exists(path):
            continue
        done.append(path)
        link = os.readlink(path) if path in SYSTEM_PATHS and os.path.islink(path) and os.path.isdir(path) else None
        found.append((path, os.path.realpath(path), link))
    return found


def command(stage):
    return [sys.executable, "-c", BOOT, SOURCE, stage, json.dumps(SETTINGS)]


def start_over(stage, environment):
    os.execve(sys.executable, command(stage), environment)


def isolate():
    kind = SETTINGS["isolation"]
    if kind == "namespaces":
        enter_namespaces()
    elif kind == "bubblewrap":
        enter_bubblewrap()
    else:
        supervise()


def stand_by(pid):
    """The outermost process: lives as long as the sandbox does, and takes it along when it is killed (the parent-death signal)."""
    os.close(0)  # so that the host and the sandbox notice each other's end
    os.close(1)
    os.waitpid(pid, 0)
    os._exit(0)


def enter_bubblewrap():
    bwrap = SETTINGS["bubblewrap"]
    arguments = [bwrap, "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
                 "--as-pid-1", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    arguments += ["--size", str(SETTINGS["disk"]), "--tmpfs", "/tmp"]
    for path, real, link in SETTINGS["views"]:
        arguments += ["--symlink", link, path] if link else ["--ro-bind", real, path]
    arguments += ["--proc", "/proc", "--dev", "/dev", "--size", str(SHM_BYTES), "--tmpfs", "/dev/shm",
                  "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp", "--"]
    pid = os.fork()
    if pid:
        stand_by(pid)
    try:
        os.execv(bwrap, arguments + command("inside"))
    except OSError as error:
        refuse("bubblewrap (%s) could not be started: %s" % (bwrap, error))
