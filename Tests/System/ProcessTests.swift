import CPosix
import Glibc
import TestSupport
import Testing

@testable import System

@Suite struct ChildTests {
  static let environment = ["PATH=/usr/local/bin:/usr/bin:/bin"]

  static func shell(_ script: String) -> [String] { ["sh", "-c", script] }

  /// What a script prints.
  static func output(_ script: String, environment: [String] = environment) throws -> String {
    let child = try Child(shell(script), environment: environment, output: .pipe)
    let text = try readAll(#require(child.output))
    _ = child.wait()
    return String(decoding: text, as: UTF8.self)
  }

  @Test(
    "a child's end is told as it was",
    arguments: [
      ("exit 0", .exited(0), 0), ("exit 7", .exited(7), 7), ("exit 255", .exited(255), 255),
      ("kill -KILL $$", .signalled(SIGKILL), 137), ("kill -TERM $$", .signalled(SIGTERM), 143),
    ] as [(String, System.ExitStatus, Int32)])
  func ends(_ script: String, _ status: System.ExitStatus, _ shell: Int32) throws {
    let child = try Child(Self.shell(script), environment: Self.environment)
    #expect(child.wait() == status)
    #expect(child.reap() == status)
    #expect(status.shellStatus == shell)
  }

  @Test(
    "a program that cannot be started is named",
    arguments: [
      (["no-such-program"], ENOENT, "no-such-program"), (["/no/such/program"], ENOENT, "/no/such/program"),
      (["/etc/passwd"], EACCES, "/etc/passwd"), ([], ENOENT, "no program"),
    ] as [([String], Int32, String)])
  func missing(_ command: [String], _ reason: Int32, _ name: String) {
    let error = systemError { try Child(command, environment: Self.environment) }
    #expect(error == SystemError("posix_spawn", name, errno: reason))
  }

  @Test(
    "a child has its three descriptors and no other, default signals, a session, directory and variables of its own"
  )
  func surroundings() throws {
    let scratch = try Scratch()
    let null = try Descriptor.open("/dev/null", O_RDONLY)
    let leaked = Descriptor(fcntl(null.number, F_DUPFD, 77))
    #expect(fcntl(leaked.number, F_GETFD) & FD_CLOEXEC == 0)
    #expect(
      try Self.output("for i in /proc/$$/fd/*; do echo ${i##*/}; done | tr '\\n' ' '").hasPrefix("0 1 2 "))
    #expect(try Self.output("test -e /proc/$$/fd/\(leaked.number) && echo open") == "")

    // Ignored and blocked here, neither there.
    signal(SIGPIPE, SIG_IGN)
    var set = sigset_t()
    var before = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGUSR2)
    pthread_sigmask(SIG_BLOCK, &set, &before)
    // With the shell's own words only: while it starts a program it blocks signals itself.
    let masks = try Self.output(
      "while read -r name value; do case $name in SigBlk:|SigIgn:) echo $name $value; esac; done </proc/$$/status"
    )
    pthread_sigmask(SIG_SETMASK, &before, nil)
    // The C library has posix_spawn ignore the two signals that it uses itself, 32 and 33.
    #expect(masks == "SigBlk: 0000000000000000\nSigIgn: 0000000180000000\n")

    let child = try Child(
      Self.shell("pwd; env; read line; echo $line"), environment: Self.environment + ["A=b c"],
      directory: scratch.path, input: .pipe, output: .pipe)
    #expect(ProcessTree.entry(of: child.pid)?.session == child.pid)
    #expect(ProcessTree.entry(of: child.pid)?.parent == getpid())
    #expect(child.reap() == nil)
    try Files.writeAll(Array("hello\n".utf8), to: #require(child.input).number, subject: "test")
    child.input?.close()
    let lines = try String(decoding: readAll(#require(child.output)), as: UTF8.self).split(separator: "\n")
    #expect(lines.first == scratch.path[...])
    #expect(lines.last == "hello")
    #expect(lines.contains("A=b c"))
    #expect(!lines.contains { $0.hasPrefix("HOME=") })
    #expect(child.wait() == .exited(0))
    var ended = pollfd(fd: child.ended.number, events: Int16(POLLIN), revents: 0)
    #expect(poll(&ended, 1, 0) == 1)
  }

  @Test("our ends of the pipes do not wait, and without a pipe there is the null device")
  func streams() throws {
    let child = try Child(
      Self.shell("cat; echo out; echo err >&2; sleep 100"), environment: Self.environment, output: .pipe,
      errors: .pipe)
    defer { kill(child.pid, SIGKILL) }
    #expect(child.input == nil)
    for (descriptor, text) in [(child.output, "out\n"), (child.errors, "err\n")] {
      let stream = try #require(descriptor)
      var ready = pollfd(fd: stream.number, events: Int16(POLLIN), revents: 0)
      #expect(poll(&ready, 1, 10_000) == 1)
      #expect(try stream.read(upTo: 100, subject: "test") == Array(text.utf8))
      #expect(try stream.read(upTo: 100, subject: "test") == nil)
    }
  }

  @Test("everything below a process is found and killed, also what left its session")
  func tree() throws {
    let child = try Child(
      Self.shell("sleep 101 & sh -c 'sleep 102; true' & setsid sleep 103 & echo ready; wait"),
      environment: Self.environment, output: .pipe)
    let deadline = Clock.system.monotonic() + 10_000
    var below: [Int32] = []
    // The shell, its three children and a grandchild.
    while below.count < 5, Clock.system.monotonic() < deadline {
      below = ProcessTree.below(child.pid)
      usleep(5000)
    }
    #expect(below.first == child.pid)
    #expect(below.count == 5)
    #expect(!below.contains(getpid()))
    #expect(below.contains { ProcessTree.entry(of: $0)?.session == $0 && $0 != child.pid })
    ProcessTree.signal(SIGKILL, below: child.pid)
    #expect(child.wait() == .signalled(SIGKILL))
    // What is dead may wait for its parent, but runs no more.
    func lives(_ pid: Int32) -> Bool {
      guard let bytes = try? Files.read("/proc/\(pid)/stat", limit: 4096) else { return false }
      return !String(decoding: bytes, as: UTF8.self).contains(") Z ")
    }
    while below.contains(where: lives), Clock.system.monotonic() < deadline { usleep(5000) }
    #expect(!below.contains(where: lives))
    #expect(ProcessTree.entry(of: getpid())?.name.isEmpty == false)
    #expect(ProcessTree.entry(of: -1) == nil)
  }

  @Test("an orphan that has come to us is asked for at the second look, and what is ours is not")
  func orphans() throws {
    #expect(agim_set_subreaper() == 0)
    var reaper = OrphanReaper()
    let child = try Child(
      Self.shell("(sleep 0.05; exit 3) & echo $!; exit 7"), environment: Self.environment, output: .pipe)
    let text = try readAll(#require(child.output))
    let orphan = try #require(Int32(String(decoding: text, as: UTF8.self).dropLast()))
    let deadline = Clock.system.monotonic() + 5000
    while !ProcessTree.deadChildren().contains(orphan), Clock.system.monotonic() < deadline { usleep(2000) }
    #expect(child.wait() == .exited(7))
    // Other tests have children too.
    let ours = { ProcessTree.deadChildren().intersection([orphan]) }
    reaper.look(at: ours())
    #expect(ours() == [orphan])
    reaper.look(at: ours())
    #expect(ours().isEmpty)
    #expect(waitpid(orphan, nil, WNOHANG) == -1)
  }

  @Test("a program whose main thread has ended is dead, though its end cannot be asked for yet")
  func ending() throws {
    let script = """
      import ctypes, platform, threading, time
      threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
      # exit of this thread alone
      ctypes.CDLL(None).syscall(60 if platform.machine() == "x86_64" else 93, 0)
      """
    let child = try Child(["python3", "-c", script], environment: Self.environment)
    defer {
      kill(child.pid, SIGKILL)
      _ = child.wait()
    }
    #expect(!ProcessTree.isDead(child.pid))
    let deadline = Clock.system.monotonic() + 10_000
    while !ProcessTree.isDead(child.pid), Clock.system.monotonic() < deadline { usleep(2000) }
    #expect(ProcessTree.isDead(child.pid))
    #expect(child.reap() == nil)
  }

  @Test("what has ended costs one more look, however the system shows it")
  func ended() throws {
    let child = try Child(Self.shell("exit 0"), environment: Self.environment, output: .null)
    let deadline = Clock.system.monotonic() + 5000
    while ProcessTree.entry(of: child.pid)?.isDead == false, Clock.system.monotonic() < deadline {
      usleep(2000)
    }
    #expect(ProcessTree.entry(of: child.pid)?.isDead == true)
    #expect(ProcessTree.end(where: "MARK", is: "none", among: { [child.pid] }) == 2)
    #expect(child.wait() == .exited(0))
    #expect(ProcessTree.end(where: "MARK", is: "none", among: { [] }) == 1)
  }

  @Test("what has a mark is killed also while it becomes another program, and what it starts meanwhile")
  func marked() throws {
    let mark = "mark-\(getpid())-\(UInt64.random(in: .min ... .max))"
    // Programs that do nothing but become others, in sessions that nothing else leads to.
    let script = #"exec setsid sh -c 'exec setsid --fork sh -c "exec sh -c \"exec sleep 1000\""'"#
    for round in 0..<30 {
      let child = try Child(Self.shell(script), environment: Self.environment + ["MARK=\(mark)"])
      // Any moment of it.
      usleep(UInt32(round * 150))
      ProcessTree.end(where: "MARK", is: mark)
      _ = child.wait()
      // The kernel takes a moment to end what was killed.
      let deadline = Clock.system.monotonic() + 1000
      var left = [0] as [Int32]
      while !left.isEmpty, Clock.system.monotonic() < deadline {
        usleep(1000)
        left = ProcessTree.processes().filter { ProcessTree.variable("MARK", of: $0) == mark }
      }
      #expect(left.isEmpty, "round \(round)")
      for pid in left { kill(pid, SIGKILL) }
    }
  }
}

@Suite struct EventLoopTests {
  let loop = EventLoop(clock: .system)
  struct Thrown: Error {}

  /// Runs the loop, for at most two seconds.
  private func run() throws {
    loop.after(2000) { [loop] in
      Issue.record("the loop did not end")
      loop.stop()
    }
    try loop.run()
  }

  @Test("timers fire in the order of their times, also when they are late, and not when they are cancelled")
  func timers() throws {
    var fired: [String] = []
    loop.after(60) { [loop] in
      fired.append("60")
      loop.stop()
    }
    loop.after(20) { fired.append("20") }
    loop.after(10) {
      fired.append("10")
      usleep(30_000)
    }
    let cancelled = loop.after(15) { fired.append("cancelled") }
    loop.after(12) {
      fired.append("12")
      cancelled.cancel()
    }
    loop.after(11) { fired.append("11") }
    loop.after(12) { fired.append("12 again") }
    loop.after(-5) { fired.append("at once") }
    try run()
    #expect(fired == ["at once", "10", "11", "12", "12 again", "20", "60"])
  }

  @Test("a timer that sets another does not keep the loop from its descriptors")
  func fairness() throws {
    let (input, output) = try Descriptor.pipe()
    func again() { loop.after(0) { again() } }
    again()
    loop.watch(input.number) { [loop] in loop.stop() }
    loop.after(20) { try Files.writeAll([1], to: output.number, subject: "test") }
    try run()
  }

  @Test("a watch that a handler cancels or disables is not called any more")
  func watches() throws {
    let pipes = try (0..<3).map { _ in try Descriptor.pipe() }
    for pipe in pipes { try Files.writeAll([1], to: pipe.write.number, subject: "test") }
    var called: [Int] = []
    var watches: [EventLoop.Watch] = []
    for index in 0..<3 {
      watches.append(
        loop.watch(pipes[index].read.number) { [loop] in
          called.append(index)
          watches[1].cancel()
          watches[2].isEnabled = false
          watches[0].cancel()
          pipes[0].read.close()
          loop.after(20) {
            watches[2].isEnabled = true
          }
          if called.count == 2 { loop.stop() }
        })
    }
    try run()
    #expect(called == [0, 2])
  }

  @Test("what is watched for writing is told when there is room, and the end of an input is told too")
  func directions() throws {
    let (input, output) = try Descriptor.pipe()
    var told: [String] = []
    var writing: EventLoop.Watch?
    writing = loop.watchWriting(output.number) {
      told.append("room")
      writing?.cancel()
      output.close()
    }
    loop.watch(input.number) { [loop] in
      told.append(try input.read(upTo: 1, subject: "test") == [] ? "end" : "data")
      loop.stop()
    }
    try run()
    #expect(told == ["room", "end"])
  }

  @Test("signals come to their handler, and an error of a handler leaves the loop")
  func signals() throws {
    var got: [Int32] = []
    try loop.onSignals([SIGUSR1, SIGHUP]) { number in
      got.append(number)
      if got.count == 2 { throw Thrown() }
      // Not by a timer: of two that wait, the system tells the lower number first.
      pthread_kill(pthread_self(), SIGHUP)
    }
    loop.after(5) { pthread_kill(pthread_self(), SIGUSR1) }
    #expect(throws: Thrown.self) { try run() }
    #expect(got == [SIGUSR1, SIGHUP])
  }

  @Test("before every wait the hooks are called and the output is written")
  func hooks() throws {
    let (input, output) = try Descriptor.pipe()
    input.setNonBlocking()
    let writer = OutputWriter(fd: output.number)
    loop.output = writer
    var order: [String] = []
    loop.beforeWait { order.append("one") }
    loop.beforeWait {
      order.append("two")
      if order.count == 2 { writer.appendLine(Array("from a hook".utf8)) }
    }
    loop.after(5) { [loop] in
      order.append("timer")
      let got = try input.read(upTo: 100, subject: "test")
      #expect(got == Array("from a hook\n".utf8))
      writer.appendLine(Array("last".utf8))
      loop.stop()
    }
    try run()
    // Once more after the output was written, because that may be what they wait for.
    #expect(order == ["one", "two", "one", "two", "timer"])
    #expect(try input.read(upTo: 100, subject: "test") == Array("last\n".utf8))
  }

  @Test(
    "the loop ends when the reader of the output goes, though there is nothing to write",
    arguments: [false, true])
  func readerGone(_ isSocket: Bool) throws {
    let (far, near) = isSocket ? try OutputWriterTests.sockets() : try Descriptor.pipe()
    loop.output = OutputWriter(fd: near.number)
    loop.after(20) { far.close() }
    #expect(throws: ReaderGone.self) { try run() }
  }

  @Test("a slow reader gets everything while the loop serves others")
  func slowReader() throws {
    let (input, output) = try Descriptor.pipe()
    let writer = OutputWriter(fd: output.number)
    loop.output = writer
    for _ in 0..<1000 { writer.appendLine([UInt8](repeating: 0x61, count: 999)) }
    var got = 0
    func read() {
      loop.after(1) { [loop] in
        got += try input.read(upTo: 50_000, subject: "test")?.count ?? 0
        if got == 1_000_000 { loop.stop() } else { read() }
      }
    }
    read()
    try run()
    #expect(got == 1_000_000 && writer.pending == 0)
  }
}
