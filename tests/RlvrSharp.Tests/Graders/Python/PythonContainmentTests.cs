using System.Globalization;
using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.Python;

/// <summary>Code that misbehaves in every way we could think of: each is reported and contained, and the next call works.</summary>
[Collection("Console")]
public sealed class PythonContainmentTests
{
    private const string Setup = """
        import ctypes, gc, json, os, signal, socket, stat, subprocess, sys, threading, time

        def forge(fds, score="0x1.0p+0"):
            wrote = False
            for fd in fds:
                try:
                    if stat.S_ISFIFO(os.fstat(fd).st_mode) and fd > 2:
                        os.write(fd, json.dumps({"outcome": "score", "value": score}).encode())
                        wrote = True
                except OSError:
                    pass
            return wrote

        def grade(sample, item):
            scope = dict(globals())
            exec(sample["output_text"], scope)
            return scope["answer"]
        """;

    /// <summary>Each in turn on one and the same worker, with a good call after it.</summary>
    [IsolatedPythonFact]
    public async Task Whatever_the_code_does_is_reported_and_the_next_call_works()
    {
        string[] folders = PythonGraderTests.TemporaryFolders();
        string outside = Path.Combine(AppContext.BaseDirectory, "written-by-a-grader");
        (string What, string Code, string Reported)[] cases =
        [
            ("raises", "raise ValueError('wrong row')", "ValueError: wrong row"),
            ("raises half a character", "raise ValueError('\\ud800 wrong')", "ValueError: \\ud800 wrong"),
            ("exits", "sys.exit('enough')", "SystemExit: enough"),
            ("ends itself", "os._exit(0)", "ended with exit code 0 before grade returned"),
            ("aborts", "os.abort()", "ended by SIGABRT"),
            ("crashes", "ctypes.string_at(0)", "ended by SIGSEGV"),
            ("recurses", "def f(): return f()\nglobals()['f'] = f\nf()", "RecursionError"),
            ("returns a text", "answer = '0.5'", "returned '0.5', which is of type str"),
            ("returns nothing", "answer = None", "returned None, which is of type NoneType"),
            ("returns not a number", "answer = float('nan')", "returned nan, which is not a finite number"),
            ("returns infinity", "answer = float('-inf')", "returned -inf, which is not a finite number"),
            ("returns a truth value", "answer = True", "returned True, which is of type bool"),
            ("returns a complex number", "answer = 1j", "which is of type complex"),
            ("returns too much", "answer = 1e9", "returned 1000000000, but a score lies between 0 and 1"),
            ("returns a huge integer", "answer = 10**400", "a number too large for a float"),
            ("returns a liar", "class Liar(float):\n  def __float__(self): raise RuntimeError('no')\n  def __repr__(self): raise RuntimeError('no')\nanswer = [Liar()]", "returned [<Liar instance"),
            ("never returns", "while True: pass", "did not return within 0.5 s"),
            ("sleeps", "time.sleep(600)", "did not return within 0.5 s"),
            ("sleeps and shrugs off signals", "[signal.signal(n, signal.SIG_IGN) for n in (2, 15, 24)]\ntime.sleep(600)", "did not return within 0.5 s"),
            ("sleeps in a fork that it waits for", "pid = os.fork()\nif pid == 0: time.sleep(600)\nos.waitpid(pid, 0)", "did not return within 0.5 s"),
            ("allocates 10 GB", "x = bytearray(10 << 30)", "MemoryError"),
            ("allocates bit by bit", "x = []\nwhile True: x.append(b'x' * (8 << 20))", "MemoryError|MiB of memory"),
            ("allocates in many processes", "for _ in range(4):\n  if os.fork() == 0: break\nx = b'x' * (100 << 20)\ntime.sleep(600)", "used more than 256 MiB of memory"),
            ("fork-bombs", "while True:\n  try: os.fork()\n  except OSError: pass", "more than 24 processes"),
            ("starts threads without end", "while True: threading.Thread(target=time.sleep, args=(600,)).start()", "can't start new thread"),
            ("opens a connection", "socket.create_connection(('192.0.2.1', 80))", "Network is unreachable"),
            ("asks for a name", "socket.getaddrinfo('example.com', 80)", "gaierror"),
            ("writes to the system", "open('/usr/x', 'w')", "Read-only file system"),
            ("writes to the root", "open('/x', 'w')", "Read-only file system"),
            ("writes to the machine", $"open({PythonText(outside)}, 'w')", "No such file or directory"),
            ("writes over the interpreter", "open(os.__file__, 'a')", "Read-only file system|Permission denied"),
            ("fills its folder", "f = open('/tmp/x', 'wb')\nwhile True: f.write(bytes(1 << 20))", "No space left|File too large"),
            ("mounts", "libc = ctypes.CDLL(None, use_errno=True)\nassert libc.mount(b'tmpfs', b'/usr', b'tmpfs', 0, None) == 0, os.strerror(ctypes.get_errno())", "Operation not permitted"),
            ("becomes root", "os.setuid(0) if os.getuid() else os.setgroups([0])", "PermissionError|Operation not permitted"),
            ("kills its parent", "os.kill(os.getppid(), 9)\ntime.sleep(600)", "the worker process that the source runs in was ended"),
            ("kills everybody", "os.kill(-1, 9)\ntime.sleep(600)", "the worker process that the source runs in was ended|before grade returned"),
            ("stops its parent", "os.kill(os.getppid(), 19)\nanswer = 1", "did not return within 0.5 s"),
            ("reads the supervisor's memory", "open('/proc/1/mem', 'rb')", "PermissionError"),
            ("reads the supervisor's environment", "open('/proc/1/environ', 'rb').read(1)", "PermissionError"),
            ("takes the supervisor's channel", "os.open('/proc/1/fd/10', os.O_WRONLY)", "PermissionError"),
            ("prints a result", "print(json.dumps({'outcome': 'score', 'value': '0x1.0p+0'}), flush=True)\nprint('1.0', file=sys.stderr)\nraise ValueError('after all')", "ValueError: after all"),
            ("prints a result and ends", "os.write(1, b'1.0\\n'); os.write(2, b'1.0\\n'); os._exit(0)", "ended with exit code 0 before grade returned"),
            ("forges a result and goes on", "assert forge(range(64))\nanswer = 0.5", "something other than one result"),
            ("forges a result and ends", "assert forge(range(64))\nos._exit(0)", "something other than one result"),
            ("puts another json in place and raises", "json.dumps = lambda *a, **k: '{\"outcome\": \"score\", \"value\": \"0x1.0p+0\"}'\nraise ValueError('after all')", "ValueError: after all"),
            ("puts other functions in place and returns a text", "import builtins\nbuiltins.float = lambda x: 1.0\nbuiltins.isinstance = lambda *a: True\nos._exit = None\nanswer = 'x'", "returned 'x', which is of type str"),
            ("keeps memory that belongs to no process", "os.memfd_create('x')", "Operation not permitted"),
            ("shares memory that belongs to no process", "libc = ctypes.CDLL(None, use_errno=True)\nassert libc.shmget(0, 1 << 20, 0o1600) >= 0, os.strerror(ctypes.get_errno())", "Operation not permitted"),
            ("makes a namespace within", "subprocess.run(['unshare', '--user', 'true'], check=True)", "CalledProcessError|No such file"),
            ("floods the result channel", "for fd in range(3, 64):\n  try: os.write(fd, bytes(4 << 20)) if stat.S_ISFIFO(os.fstat(fd).st_mode) else 0\n  except OSError: pass", "more was written to the result pipe"),
            ("closes all files", "os.closerange(0, 4096)\nanswer = 0.5", "closed a file descriptor that was not its own"),
            ("floods its output", "for _ in range(64): print('x' * (1 << 20))\nraise ValueError('after all')", "ValueError: after all"),
            ("swallows everything", "while True:\n  try: time.sleep(600)\n  except BaseException: pass", "did not return within 0.5 s"),
        ];
        // Only the cases that are about time run into a short limit; a busy machine may take its time over the others.
        await using (var hurried = new PythonGrader(Setup, Limits(seconds: 0.5)))
        await using (var patient = new PythonGrader(Setup, Limits()))
        {
            foreach ((string what, string code, string reported) in cases)
            {
                PythonGrader grader = reported.StartsWith("did not return", StringComparison.Ordinal) ? hurried : patient;
                Grade grade = await PythonGraderTests.Ask(grader, code);
                Assert.True(grade.Status == GradeStatus.Failed, $"'{what}' should fail, but is {grade.Status}");
                Assert.True(
                    reported.Split('|').Any(part => grade.Reason!.Contains(part, StringComparison.Ordinal)),
                    $"'{what}' should be reported with '{reported}', but the reason is: {grade.Reason}");
                Assert.True(grade.Reason!.Length < 20_000, $"'{what}' has a reason of {grade.Reason.Length} characters");
                Grade next = await PythonGraderTests.AskPatiently(grader, "assert os.listdir('/tmp') == [] and os.listdir('/dev/shm') == []\nanswer = 0.5");
                Assert.True(next.Score == 0.5, $"after '{what}' the next call gave: {next.Reason}");
            }
        }

        Assert.False(File.Exists(outside));
        Assert.Empty(PythonGraderTests.NewFolders(folders));
    }

    /// <summary>These give a score, for nothing is wrong with the call itself; what they start must not outlive it.</summary>
    [IsolatedPythonFact]
    public async Task What_a_call_leaves_running_ends_with_it()
    {
        string marker = PythonGraderTests.Marker();
        await using var grader = new PythonGrader(Setup, Limits());
        foreach (string code in new[]
        {
            $"subprocess.Popen(['sleep', '{marker}'])\nanswer = 0.25",
            $"subprocess.Popen(['sleep', '{marker}'], start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)\nanswer = 0.25",
            $"if os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0: os.execvp('sleep', ['sleep', '{marker}'])\n  os._exit(0)\nanswer = 0.25",
            "if os.fork() == 0: time.sleep(600)\nanswer = 0.25",
            "os.fork()\nanswer = 0.25",
            "os.kill(1, 9); os.kill(1, 15); os.kill(1, 2); os.kill(1, 19)\nanswer = 0.25",
            "import builtins\nfor name in ('len', 'type', 'open', 'memoryview', 'str'): setattr(builtins, name, None)\nos.write = os.getpid = json.dumps = None\nanswer = 0.25",
            "for i in range(1500): os.mkdir('d'); os.chdir('d')\nopen('x', 'w').close()\nanswer = 0.25",
            "open('/dev/shm/x', 'w').write('x'); os.makedirs('/tmp/a/b'); os.chmod('/tmp/a', 0)\nanswer = 0.25",
            $"answer = 0.25 if not os.path.exists({PythonText(AppContext.BaseDirectory)}) and 'RLVR_SECRET' not in os.environ else 0.0",
        })
        {
            Grade grade = await PythonGraderTests.Ask(grader, code);
            Assert.True(grade.Score == 0.25, $"{code}: {grade.Reason}");
            Assert.Equal(0, Processes.Count($"sleep\0{marker}", 0));
            Grade next = await PythonGraderTests.AskPatiently(grader, "assert os.listdir('/tmp') == [] and os.listdir('/dev/shm') == []\nanswer = 0.5");
            Assert.True(next.Score == 0.5, $"after {code}: {next.Reason}");
        }
    }

    [IsolatedPythonFact]
    public async Task Nothing_is_left_of_a_disposed_grader()
    {
        string marker = PythonGraderTests.Marker();
        string[] folders = PythonGraderTests.TemporaryFolders();
        var grader = new PythonGrader($"import subprocess\nsubprocess.Popen(['sleep', '{marker}'])\n" + Setup, Limits("grader-" + marker));
        await PythonGraderTests.Ask(grader, "answer = 0.5");
        Task<Grade> call = PythonGraderTests.Ask(grader, $"os.execvp('sleep', ['sleep', '{marker}'])");
        Assert.True(Processes.With(marker).Count >= 2);
        await grader.DisposeAsync();
        Assert.Equal(0, Processes.Count(marker, 0));
        Assert.Empty(PythonGraderTests.NewFolders(folders));
        await Assert.ThrowsAnyAsync<Exception>(() => call);
    }

    [IsolatedPythonFact]
    public async Task A_worker_that_is_killed_from_outside_takes_its_processes_along_and_is_replaced()
    {
        string marker = PythonGraderTests.Marker();
        await using var grader = new PythonGrader(Setup, Limits("grader-" + marker));
        Assert.NotEqual(PythonIsolation.None, (await grader.StartAsync()).Isolation);
        int worker = Assert.Single(Processes.With(marker), process => process.Parent == Environment.ProcessId).Id;
        Task<Grade> call = PythonGraderTests.Ask(grader, "if os.fork(): os.setsid()\ntime.sleep(600)");
        System.Diagnostics.Process.GetProcessById(worker).Kill();
        Assert.Equal(GradeStatus.Failed, (await call).Status);
        Assert.Equal(0, Processes.Count(marker, 0));
        Assert.Equal(0.5, (await PythonGraderTests.Ask(grader, "answer = 0.5")).Score);
    }

    [IsolatedPythonFact]
    public async Task Every_kind_of_isolation_that_this_machine_has_confines_alike()
    {
        int kinds = 0;
        foreach (PythonIsolation kind in new[] { PythonIsolation.Namespaces, PythonIsolation.Bubblewrap })
        {
            PythonGraderOptions options = Limits();
            options.Isolation = kind;
            await using var grader = new PythonGrader(Setup, options);
            try
            {
                Assert.Equal(kind, (await grader.StartAsync()).Isolation);
            }
            catch (GradingException)
            {
                continue;
            }

            kinds++;
            foreach ((string code, string reported) in new[]
            {
                ("os.kill(-1, 9)\ntime.sleep(600)", "gave no result"),
                ("socket.create_connection(('192.0.2.1', 80))", "Network is unreachable"),
                ("open('/usr/x', 'w')", "Read-only file system"),
                ("open('/dev/x', 'w')", "Read-only file system"),
                ("raise ValueError(sorted(os.listdir('/tmp')), os.environ.get('PATH'), open('/proc/self/status').read())", "CapEff:\\t0000000000000000"),
                ("open('/proc/1/environ', 'rb').read(1)", "PermissionError"),
                ("x = bytearray(10 << 30)", "MemoryError"),
                ("while True:\n  try: os.fork()\n  except OSError: pass", "more than 24 processes"),
            })
            {
                Grade grade = await PythonGraderTests.Ask(grader, code);
                Assert.True(grade.Reason?.Contains(reported, StringComparison.Ordinal) == true, $"{kind}: {code} should be reported with '{reported}', but the reason is: {grade.Reason}");
                Assert.Equal(0.5, (await PythonGraderTests.Ask(grader, "os.kill(1, 9)\nanswer = 0.5")).Score);
            }
        }

        Assert.True(kinds > 0);
    }

    [Fact]
    public void The_limits_are_the_documented_ones()
    {
        var options = new PythonGraderOptions();
        Assert.Equal((10, 2L << 30, 1L << 30, false, false), (options.TimeLimit.TotalSeconds, options.MemoryLimit, options.DiskLimit, options.AllowUnisolated, options.ClampScores));
    }

    private static string PythonText(string text) => "'" + text.Replace("'", "\\'", StringComparison.Ordinal) + "'";

    private static PythonGraderOptions Limits(string name = "python", double seconds = 30) => new()
    {
        Name = name,
        Workers = 1,
        TimeLimit = TimeSpan.FromSeconds(seconds),
        MemoryLimit = 256L << 20,
        DiskLimit = 8L << 20,
        ProcessLimit = 24,
        OutputLimit = 1000,
    };
}
