# Part 4 of 4: the processes that run the user's code: the keeper runs the source once, a fork of it runs grade for each call.
import builtins
import gc
import linecache
import numbers
import resource
import reprlib
import traceback
import types

REPORT_BYTES = 8000
SPARE_BYTES = 256 << 20
# Kept from before the user's code can put something else in their places.
CLOSE, EXIT, FORK, PROCESS, WAIT, WRITE = os.close, os._exit, os.fork, os.getpid, os.waitpid, os.write
HEAD_BYTES = struct.calcsize(CALL_HEAD)
READ_JSON, WRITE_JSON, RECEIVE, REAL, PACK, UNPACK = json.loads, json.dumps, socket.recv_fds, numbers.Real, struct.pack, struct.unpack


def keep(link, source, out, error):
    leave_root()
    begin_session(out, error)
    cap(resource.RLIMIT_CORE, 0)
    cap(resource.RLIMIT_NOFILE, 512)
    cap(resource.RLIMIT_FSIZE, SETTINGS["disk"])
    if SETTINGS["isolation"] != "none":
        cap(resource.RLIMIT_NPROC, SETTINGS["processes"] + 8)
    cap(resource.RLIMIT_AS, SETTINGS["memory"], SPARE_BYTES)
    module = types.ModuleType("grader")
    module.__file__ = "grader.py"
    module.__builtins__ = builtins
    sys.modules["grader"] = module
    sys.argv[:] = ["grader.py"]
    linecache.cache["grader.py"] = (len(source), None, source.splitlines(True), "grader.py")
    try:
        exec(compile(source, "grader.py", "exec", dont_inherit=True), module.__dict__)
        grade = module.__dict__.get("grade")
        if callable(grade):
            reply = {"outcome": "loaded"}
        else:
            reply = {"outcome": "load", "text": "it defines no function named grade"}
    except BaseException as problem:
        reply = {"outcome": "load", "text": report(problem)}
    flush()
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    tell(link, reply)
    if reply["outcome"] != "loaded":
        return
    gc.collect()
    gc.freeze()
    while True:
        head, fds, _, _ = RECEIVE(link, HEAD_BYTES, 3)
        if not head:
            return
        while len(head) < HEAD_BYTES:
            head += link.recv(HEAD_BYTES - len(head))
        size, seconds, secret = UNPACK(CALL_HEAD, head)
        payload = bytearray(size)
        view = memoryview(payload)
        while view:
            count = link.recv_into(view)
            if count == 0:
                return
            view = view[count:]
        pid = FORK()
        if pid == 0:
            try:
                link.close()
                run(module.__dict__["grade"], payload, seconds, secret, *fds)
            finally:
                EXIT(1)
        del payload, view, secret, head
        for fd in fds:
            CLOSE(fd)
        tell(link, {"pid": pid})
        try:
            status = WAIT(pid, 0)[1]
        except ChildProcessError:
            status = -1
        tell(link, {"status": status})


def leave_root():
    """Without isolation, code of root's (in a container, say) at least runs under a user id that owns nothing, if that can use the interpreter."""
    if not LINUX or SETTINGS["isolation"] != "none" or os.geteuid() != 0:
        return
    if not all(open_to_all(path) for path in SETTINGS["path"] + [sys.executable]):
        return
    uid = SANDBOX_UID + os.getpid()
    os.chown(SETTINGS["scratch"], uid, uid)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def open_to_all(path):
    while os.stat(path).st_mode & 0o005 == 0o005:
        if path == "/":
            return True
        path = os.path.dirname(path)
    return False


def tell(link, message):
    data = WRITE_JSON(message).encode()
    link.sendall(PACK("<I", len(data)) + data)


def begin_session(out, error):
    os.setsid()
    if LINUX:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.dup2(out, 1)
    os.dup2(error, 2)
    os.close(out)
    os.close(error)
    sys.stdin = open(0, "r", closefd=False)
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr


def read_integer(text):
    """An answer may hold more digits than Python turns into an integer; that must not fail the grader."""
    try:
        return int(text)
    except ValueError:
        return float(text)


def run(grade, payload, seconds, secret, out, error, result):
    """Never returns. The record is written by the process that was forked for this call and by no fork of it."""
    os.set_inheritable(result, False)
    begin_session(out, error)
    cap(resource.RLIMIT_CPU, int(seconds) + 2, 2)
    me = PROCESS()
    try:
        limit = sys.getrecursionlimit()  # which the source may have set
        sys.setrecursionlimit(max(limit, 5000))  # answers may nest deeper than Python likes
        try:
            data = READ_JSON(payload)
        except ValueError:
            data = READ_JSON(payload, parse_int=read_integer)
        sys.setrecursionlimit(limit)
        del payload
        kind, text = weigh(grade(data["sample"], data["item"]))
    except BaseException as problem:
        if PROCESS() != me:
            EXIT(1)
        spare()
        kind, text = "exception", report(problem)
    if PROCESS() != me:
        EXIT(0)
    flush()
    code = 0
    try:
        view = memoryview(secret + ("%s\n%s" % (kind, text)).encode("utf-8", "backslashreplace"))
        while view:
            view = view[WRITE(result, view):]
    except OSError:
        code = CHANNEL_LOST
    EXIT(code)


def weigh(value):
    """A grader returns a finite number; everything else is named, so that a wrong reward cannot come of it."""
    kind = type(value).__name__
    if isinstance(value, bool) or not isinstance(value, REAL):
        return "bad", "%s, which is of type %s" % (reprlib.repr(value)[:200], kind[:100])
    try:
        score = float(value)
    except OverflowError:
        return "bad", "a number too large for a float (%s)" % kind[:100]
    if score != score or score in (float("inf"), float("-inf")):
        return "bad", "%s, which is not a finite number" % score
    return "score", score.hex()


def report(problem):
    """The traceback as Python prints it, from the user's first line on."""
    try:
        trace = problem.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == "rlvr_worker.py":
            trace = trace.tb_next
        text = "".join(traceback.format_exception(type(problem), problem, trace))
    except BaseException as another:
        text = "%s (and its traceback could not be formatted: %s)" % (type(problem).__name__, type(another).__name__)
    return text if len(text) <= REPORT_BYTES else text[: REPORT_BYTES // 2] + "\n…\n" + text[-REPORT_BYTES // 2 :]


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass


def cap(limit, value, spare_value=0):
    """Lowers a limit; where the machine already allows less, that stays."""
    _, hard = resource.getrlimit(limit)
    top = value + spare_value
    if hard != resource.RLIM_INFINITY:
        top = min(top, hard)
    try:
        resource.setrlimit(limit, (min(value, top), top))
    except (OSError, ValueError):
        pass


def spare():
    """Room to format a MemoryError."""
    try:
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    except (OSError, ValueError):
        pass


{"locate": locate, "isolate": isolate, "inside": supervise}[STAGE]()
