# Part 3 of 4: the supervisor. It holds the only channel to the host, never runs a line of the user's code, and outlives it:
# inside a sandbox it is process 1 of its namespace, which the kernel shields from every signal its children send.
#
#   host  ── frames ──  supervisor  ── forks ──  keeper (ran the user's source once)  ── forks per call ──  call (runs grade)
#
# A call's result comes through a pipe made for that call. After each call everything but the keeper is gone: processes and files.
TICK_SECONDS = 0.02
RESULT_BYTES = 1 << 20
CHANNEL_LOST = 70
SECRET_BYTES = 16
CALL_HEAD = "<Qd%ds" % SECRET_BYTES


def set_apart():
    """No other process of this user may read this one's memory, environment or open files."""
    if LINUX:
        LIBC.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def supervise():
    set_apart()
    # Without isolation there is nothing for a filter to guard, and code that brings a sandbox of its own needs those calls.
    filtered = SETTINGS["isolation"] != "none" and filter_calls()
    os.umask(0o077)
    channel_in = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 10)
    channel_out = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 10)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    sys.path[:] = SETTINGS["path"]
    if SETTINGS["isolation"] == "none":
        os.chdir(SETTINGS["scratch"])
    supervisor = Supervisor(channel_in, channel_out)
    send_frame(channel_out, {"hello": True, "python": "%d.%d.%d" % sys.version_info[:3], "executable": sys.executable, "pid1": os.getpid() == 1, "filter": filtered})
    while True:
        size, seconds = struct.unpack("<Id", supervisor.read_exactly(12))
        payload = supervisor.read_exactly(size)
        send_frame(channel_out, supervisor.handle(seconds, payload))


class Supervisor:
    def __init__(self, channel_in, channel_out):
        self.channel_in, self.channel_out = channel_in, channel_out
        self.isolated = SETTINGS["isolation"] != "none"
        self.scratch = ["/tmp", "/dev/shm"] if self.isolated else [SETTINGS["scratch"]]
        self.kept = {os.path.join(top, name) for top in self.scratch for name in os.listdir(top)}
        self.source = None
        self.keeper = None
        self.link = None
        self.call = None

    def read_exactly(self, count):
        parts = []
        while count:
            part = os.read(self.channel_in, min(count, 1 << 20))
            if not part:
                self.leave()
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def leave(self):
        """The host is gone or wants no more."""
        self.sweep(True)
        os._exit(0)

    def handle(self, seconds, payload):
        if self.source is None:
            self.source = payload.decode("utf-8-sig")
            return self.load(seconds)
        if self.keeper is None:
            reply = self.load(SETTINGS["load_seconds"])
            if reply["outcome"] != "loaded":
                return reply
        return self.grade(seconds, payload)

    def load(self, seconds):
        """Starts a keeper and lets it run the source; all calls are forks of it."""
        out, error = Capture(), Capture()
        here, there = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            here.close()
            os.close(self.channel_in)
            os.close(self.channel_out)
            out.close_read()
            error.close_read()
            keep(there, self.source, out.write_end, error.write_end)
            os._exit(0)
        there.close()
        out.close_write()
        error.close_write()
        self.keeper, self.link, self.call = pid, here, None
        reply = self.watch(Inbox(here), [out, error], None, time.monotonic() + seconds, lambda message: message if "outcome" in message else None)
        if reply["outcome"] != "loaded":
            reply["loading"] = True
            self.sweep(True)
        return self.finish(reply, out, error)

    def grade(self, seconds, payload):
        out, error, result = Capture(), Capture(), Capture(RESULT_BYTES)
        until = time.monotonic() + seconds
        reply = None
        secret = os.urandom(SECRET_BYTES)
        try:
            self.link.settimeout(seconds)
            socket.send_fds(self.link, [struct.pack(CALL_HEAD, len(payload), seconds, secret)], [out.write_end, error.write_end, result.write_end])
            self.link.sendall(payload)
            self.link.settimeout(None)
        except OSError:
            reply = {"outcome": "crash", "text": "the worker process that the source runs in is gone"}
        for capture in (out, error, result):
            capture.close_write()
        if reply is None:
            reply = self.watch(Inbox(self.link), [out, error], result, until, lambda message: self.judge(message, result, secret))
        self.sweep(reply["outcome"] not in ("score", "exception", "bad"))
        result.close_read()
        return self.finish(reply, out, error)

    def judge(self, message, result, secret):
        """The call has ended; what did it leave in its result pipe? Exactly one well-formed record that knows the call's secret counts."""
        if "pid" in message:
            self.call = message["pid"] if isinstance(message["pid"], int) and message["pid"] > 1 else None
            return None
        result.drain()
        status = message.get("status", -1)
        if result.cut or len(result.data) > RESULT_BYTES:
            return {"outcome": "crash", "text": "more was written to the result pipe than a result"}
        if not result.data:
            return {"outcome": "crash", "text": describe_status(status)}
        kind, _, text = bytes(result.data[SECRET_BYTES:]).decode("utf-8", "replace").partition("\n")
        if result.data[:SECRET_BYTES] == secret and kind in ("exception", "bad"):
            return {"outcome": kind, "text": text}
        if result.data[:SECRET_BYTES] == secret and kind == "score":
            try:
                return {"outcome": "score", "value": repr(float.fromhex(text))}
            except (ValueError, OverflowError):
                pass
        return {"outcome": "crash", "text": "the result pipe holds something other than one result"}

    def watch(self, inbox, captures, result, until, answer):
        """Waits for the keeper's word, reading what the code prints, until it ends, runs out of time or breaks a limit."""
        poller = select.poll()
        readers = {capture.read_end: capture for capture in captures + ([result] if result else [])}
        for fd in readers:
            poller.register(fd, select.POLLIN)
        poller.register(inbox.socket, select.POLLIN)
        poller.register(self.channel_in, 0)  # only its end is of interest
        next_check = time.monotonic() + TICK_SECONDS
        while True:
            now = time.monotonic()
            if now >= until:
                return {"outcome": "timeout"}
            if now >= next_check:
                broken = self.broken_limit()
                if broken:
                    return broken
                next_check = now + TICK_SECONDS
            for fd, event in poller.poll(1000 * min(until - now, TICK_SECONDS) + 1):
                if fd == self.channel_in:
                    if event & (select.POLLHUP | select.POLLERR):
                        self.leave()
                elif fd in readers:
                    if not readers[fd].drain():
                        poller.unregister(fd)
                elif inbox.fill():
                    for message in inbox.messages():
                        reply = answer(message)
                        if reply is not None:
                            for capture in captures:
                                capture.drain()
                            return reply
                else:
                    return {"outcome": "crash", "text": "the worker process that the source runs in was ended"}

    def broken_limit(self):
        """Limits on all of the code's processes together; each single one also has its own (setrlimit)."""
        if not LINUX:
            return None
        others = self.others()
        if len(others) > SETTINGS["processes"]:
            return {"outcome": "processes", "text": str(len(others))}
        base = resident(self.keeper) if self.call else 0
        used = sum(max(0, resident(pid) - base) for pid in others) + (0 if self.call else resident(self.keeper))
        return {"outcome": "memory"} if used > SETTINGS["memory"] else None

    def others(self):
        """The processes that the code started: all in the namespace, or without one all descendants."""
        if self.isolated:
            return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, self.keeper)]
        if not LINUX:
            return []
        parents = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open("/proc/" + name + "/stat", "rb") as file:
                        parents[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
                except (OSError, ValueError, IndexError):
                    pass
        found, me = [], os.getpid()
        for pid in parents:
            above = parents[pid]
            while above in parents and above != me:
                above = parents[above]
            if above == me and pid != self.keeper:
                found.append(pid)
        return found

    def reap(self):
        """Takes in the dead; true when the keeper is among them."""
        lost = False
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return lost or self.keeper is not None
            if pid == 0:
                return lost
            lost = lost or pid == self.keeper

    def sweep(self, everything):
        """Ends what the last call left behind; with everything, or when something was left, the keeper too, to start afresh."""
        lost = self.reap()
        everything = everything or lost or bool(self.others())
        if everything and self.isolated:
            try:
                os.kill(-1, signal.SIGKILL)  # process 1: all others in the namespace, in one step that no fork can outrun
            except ProcessLookupError:
                pass
            self.reap_all()
        elif everything:
            self.kill_descendants()
        if everything:
            self.keeper = None
            if self.link is not None:
                self.link.close()
        self.call = None
        self.clean_scratch()

    def reap_all(self):
        while True:
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return

    def kill_descendants(self):
        for group in (self.call, self.keeper):
            if group:
                for kill in (os.killpg, os.kill):
                    try:
                        kill(group, signal.SIGKILL)
                    except OSError:
                        pass
        for _ in range(200):
            remaining = self.others() + ([self.keeper] if self.keeper else [])
            for pid in remaining:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            if self.reap():
                self.keeper = None
            if not remaining:
                return
            time.sleep(0.001)

    def clean_scratch(self):
        for top in self.scratch:
            empty(top, self.kept)

    def finish(self, reply, out, error):
        for capture, name in ((out, "stdout"), (error, "stderr")):
            text = capture.text()
            if text:
                reply[name] = text
            capture.close_read()
        # Half surrogate pairs are legal in Python's texts and nowhere else.
        return {key: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value for key, value in reply.items()}


class Capture:
    """One end of a pipe that the code writes to; keeps the end of what came and never blocks the writer."""

    def __init__(self, limit=None):
        self.limit = SETTINGS["output"] if limit is None else limit
        self.read_end, self.write_end = os.pipe()
        os.set_blocking(self.read_end, False)
        self.data, self.cut = bytearray(), False

    def drain(self):
        """False at the end of the pipe."""
        for _ in range(64):
            try:
                part = os.read(self.read_end, 65536)
            except BlockingIOError:
                return True
            if not part:
                return False
            self.data += part
            if len(self.data) > self.limit:
                del self.data[: len(self.data) - self.limit]
                self.cut = True
        return True

    def text(self):
        return ("…" if self.cut else "") + bytes(self.data).decode("utf-8", "replace")

    def close_write(self):
        os.close(self.write_end)

    def close_read(self):
        os.close(self.read_end)


class Inbox:
    """Length-prefixed JSON from the keeper; what is not that is treated as an end without a word."""

    def __init__(self, link):
        self.socket, self.data = link, bytearray()

    def fill(self):
        try:
            part = self.socket.recv(65536)
        except OSError:
            return False
        self.data += part
        return bool(part) and len(self.data) < RESULT_BYTES

    def messages(self):
        while len(self.data) >= 4:
            size = struct.unpack_from("<I", self.data)[0]
            if len(self.data) < 4 + size:
                return
            body = bytes(self.data[4 : 4 + size])
            del self.data[: 4 + size]
            try:
                message = json.loads(body)
            except (ValueError, RecursionError):
                message = None
            yield message if isinstance(message, dict) else {"outcome": "crash", "text": "the worker process sent something unreadable"}


def resident(pid):
    try:
        with open("/proc/%d/statm" % pid, "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, TypeError):
        return 0


def describe_status(status):
    if isinstance(status, int) and status >= 0 and os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = "signal %d" % number
        return "the process was ended by %s" % name
    if status == CHANNEL_LOST << 8:
        return "the code closed a file descriptor that was not its own: the one that carries the result"
    if isinstance(status, int) and status >= 0 and os.WIFEXITED(status):
        return "the process ended with exit code %d before grade returned" % os.WEXITSTATUS(status)
    return "the process ended before grade returned"


def empty(top, kept):
    """
    Removes what is in a folder but what is kept, whatever its permissions and however deep it nests: folders within folders are first moved
    up, so that no path grows long. What cannot be removed stays (inside a sandbox it dies with it).
    """
    left = [path for path in (os.path.join(top, name) for name in os.listdir(top)) if path not in kept]
    moved = 0
    while left:
        path = left.pop()
        try:
            if os.path.islink(path) or not os.path.isdir(path):
                os.unlink(path)
                continue
            os.chmod(path, 0o700)
            for entry in list(os.scandir(path)):
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)
                    continue
                os.chmod(entry.path, 0o700)
                while os.path.lexists(os.path.join(top, "rlvr-%d" % moved)):
                    moved += 1
                left.append(os.path.join(top, "rlvr-%d" % moved))
                os.rename(entry.path, left[-1])
            os.rmdir(path)
        except OSError:
            pass
