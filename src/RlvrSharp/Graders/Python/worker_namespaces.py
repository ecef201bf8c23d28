# Part 2 of 4: a sandbox out of Linux namespaces, with nothing installed: what bubblewrap does, and one thing it does not
# (started by root, the code runs under a user id of its own that owns nothing).
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
MNT_DETACH, AT_FDCWD, AT_RECURSIVE, SYS_MOUNT_SETATTR = 2, -100, 0x8000, 442
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 1, 4, 24, 36, 38, 22
SANDBOX_UID = 1 << 30
LIBC = ctypes.CDLL(None, use_errno=True) if LINUX else None


def must(result, what):
    if result < 0:
        code = ctypes.get_errno()
        refuse("%s: %s (%s)" % (what, os.strerror(code), errno.errorcode.get(code, code)))


def enter_namespaces():
    uid, gid = os.geteuid(), os.getegid()
    spaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP
    as_root = uid == 0 and LIBC.unshare(spaces) == 0
    if not as_root:
        must(LIBC.unshare(spaces | CLONE_NEWUSER), "unshare into new user, mount, pid, net, ipc, uts and cgroup namespaces")
        write_file("/proc/self/setgroups", "deny")
        write_file("/proc/self/uid_map", "%d %d 1" % (uid, uid))
        write_file("/proc/self/gid_map", "%d %d 1" % (gid, gid))
        try:
            write_file("/proc/sys/user/max_user_namespaces", "0")  # no namespaces within: less kernel to attack
        except OSError:
            pass
    outer = os.getpid()
    pid = os.fork()
    if pid:
        stand_by(pid)
    build_root()
    drop_privileges(SANDBOX_UID + outer if as_root else None)
    # Last, because the kernel forgets it when credentials change.
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    supervise()


def write_file(path, text):
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    except OSError as error:
        if path.endswith("max_user_namespaces"):
            raise
        refuse("writing %s: %s" % (path, error.strerror))
    finally:
        os.close(fd)


def mount(source, target, kind, flags, data=None):
    encode = lambda text: None if text is None else os.fsencode(text)
    must(LIBC.mount(encode(source), encode(target), encode(kind), ctypes.c_ulong(flags), encode(data)), "mounting %s on %s" % (source or kind, target))


def make_read_only(target):
    attributes = struct.pack("<QQQQ", MS_RDONLY | MS_NOSUID | MS_NODEV, 0, 0, 0)
    must(LIBC.syscall(ctypes.c_long(SYS_MOUNT_SETATTR), ctypes.c_long(AT_FDCWD), os.fsencode(target), ctypes.c_long(AT_RECURSIVE), attributes,
                      ctypes.c_size_t(len(attributes))), "making %s read-only (mount_setattr, Linux 5.12 or later)" % target)


def show(path, real, link):
    """Shows one path of the machine, read-only, at the same place in the new root."""
    source, target = "/old" + real, "/new" + path
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if link:
        os.symlink(link, target)
        return
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    mount(source, target, None, MS_BIND | MS_REC)
    make_read_only(target)


def build_root():
    # A scratch root is stacked over /tmp and becomes /, so the machine's own /tmp stays reachable under /old while paths are bound.
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")
    os.mkdir("/tmp/old")
    os.mkdir("/tmp/new")
    must(LIBC.pivot_root(b"/tmp", b"/tmp/old"), "pivot_root")
    os.chdir("/")
    mount("tmpfs", "/new", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")
    os.mkdir("/new/tmp")
    mount("tmpfs", "/new/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,nr_inodes=20000,size=%d" % SETTINGS["disk"])
    for path, real, link in SETTINGS["views"]:
        show(path, real, link)
    os.mkdir("/new/dev")
    for device in DEVICES:
        os.close(os.open("/new/dev/" + device, os.O_CREAT | os.O_WRONLY, 0o666))
        mount("/old/dev/" + device, "/new/dev/" + device, None, MS_BIND)
    for link, target in (("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2")):
        os.symlink(target, "/new/dev/" + link)
    os.mkdir("/new/proc")
    mount("proc", "/new/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    os.mkdir("/new/dev/shm")
    mount("tmpfs", "/new/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,nr_inodes=1000,size=%d" % SHM_BYTES)
    mount(None, "/new", None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    must(LIBC.umount2(b"/old", MNT_DETACH), "unmounting the old root")
    os.chdir("/new")
    must(LIBC.pivot_root(b".", b"."), "pivot_root")
    must(LIBC.umount2(b".", MNT_DETACH), "unmounting the scratch root")
    os.chdir("/tmp")


def drop_privileges(uid):
    for capability in range(64):
        LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    header, nothing = struct.pack("<Ii", 0x20080522, 0), bytes(24)
    must(LIBC.capset(header, nothing), "dropping capabilities")
    must(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "setting no_new_privs")


def filter_calls():
    """
    Forbids what no grader needs and what would get around the limits: namespaces and mounts within, memory that belongs to no process
    (memfd, System V), other processes' memory, and the parts of the kernel with the longest record of holes. True where that came about.
    """
    machines = {"x86_64": 0, "aarch64": 1}
    if not LINUX or sys.maxsize < 1 << 32 or os.uname().machine not in machines:
        return False
    which = machines[os.uname().machine]
    denied = [numbers[which] for numbers in (
        (319, 279), (447, 447), (29, 194), (68, 186),  # memfd_create, memfd_secret, shmget, msgget
        (272, 97), (308, 268), (165, 40), (166, 39), (155, 41),  # unshare, setns, mount, umount2, pivot_root
        (428, 428), (429, 429), (430, 430), (431, 431), (432, 432), (433, 433), (442, 442),  # open_tree … fspick, mount_setattr
        (101, 117), (310, 270), (311, 271), (312, 272), (438, 438),  # ptrace, process_vm_readv, process_vm_writev, kcmp, pidfd_getfd
        (321, 280), (298, 241), (323, 282), (425, 425),  # bpf, perf_event_open, userfaultfd, io_uring_setup
        (250, 219), (248, 217), (249, 218), (303, 264), (304, 265),  # keyctl, add_key, request_key, name_to_handle_at, open_by_handle_at
    )]
    load, equal, above, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET
    # (operation, operand, where to go if true, if false); None is the next line.
    lines = [(load, 4, None, None), (equal, (0xC000003E, 0xC00000B7)[which], None, "no"), (load, 0, None, None), (above, 0x40000000, "no", None)]
    lines += [(equal, number, "no", None) for number in denied]
    lines += [(equal, 435, "unknown", None)]  # clone3, whose flags a filter cannot see: the C library then takes clone
    lines += [(equal, (56, 220)[which], None, "yes"), (load, 16, None, None), (any_bit, namespaces, "no", "yes")]
    ends = {"yes": 0x7FFF0000, "no": 0x50000 | errno.EPERM, "unknown": 0x50000 | errno.ENOSYS}
    labels = {label: len(lines) + i for i, label in enumerate(ends)}
    code = b"".join(struct.pack("<HBBI", operation, *(0 if way is None else labels[way] - at - 1 for way in ways), operand)
                    for at, (operation, operand, *ways) in enumerate(lines))
    code += b"".join(struct.pack("<HBBI", give, 0, 0, value) for value in ends.values())
    text = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", len(code) // 8, ctypes.addressof(text)))
    return LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 and LIBC.prctl(PR_SET_SECCOMP, 2, program, 0, 0) == 0
