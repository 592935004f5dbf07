internal import CPosix
internal import Glibc

/// Processes as `/proc` shows them.
package enum ProcessTree {
  struct Entry {
    var name: ArraySlice<UInt8>
    var parent: Int32
    var session: Int32
    var started: Int64
    /// Whether it has ended, and its parent has not asked for it yet.
    var isDead: Bool
  }

  /// Everything that descends from a process or belongs to its session, the process first.
  package static func below(_ root: Int32) -> [Int32] {
    let all = snapshot()
    var found: Set<Int32> = [root]
    var grew = true
    while grew {
      grew = false
      for (pid, entry) in all where !found.contains(pid) {
        if found.contains(entry.parent) || entry.session == root {
          found.insert(pid)
          grew = true
        }
      }
    }
    return [root] + found.subtracting([root]).sorted()
  }

  /// Sends a signal to a process, all its descendants and its session.
  package static func signal(_ number: Int32, below root: Int32) {
    for pid in below(root) { kill(pid, number) }
  }

  /// Whether one of our ancestors is the guardian of an agim-run.
  package static func isBelowGuardian() -> Bool { isBelowGuardian(child: getppid()) }

  /// Whether a process, or one of its ancestors, is the guardian of an agim-run.
  package static func isBelowGuardian(child first: Int32) -> Bool {
    var pid = first
    for _ in 0..<1000 where pid > 1 {
      guard let entry = entry(of: pid) else { return false }
      if entry.name.elementsEqual(ProcessGuard.Role.agents.rawValue.utf8) { return true }
      pid = entry.parent
    }
    return false
  }

  /// Our own children, those that the system gave us as a subreaper included.
  package static func children() -> [Int32] {
    // Each thread has its own.
    numbers(in: "/proc/self/task").flatMap { thread -> [Int32] in
      let bytes = (try? Files.read("/proc/self/task/\(thread)/children", limit: 1 << 20)) ?? []
      return bytes.split(separator: 0x20).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
    }
  }

  /// Those of our children that have ended and that nobody has asked for yet.
  static func deadChildren() -> Set<Int32> { Set(children().filter { entry(of: $0)?.isDead == true }) }

  /// When a process was started, in ticks since the machine was; nil when there is none.
  ///
  /// Together with its id it names a process for ever.
  package static func started(_ pid: Int32) -> Int64? { entry(of: pid)?.started }

  /// The seconds since a process was started.
  package static func age(_ pid: Int32) -> Int64? {
    var now = timespec()
    guard let ticks = started(pid), clock_gettime(CLOCK_BOOTTIME, &now) == 0 else { return nil }
    return max(0, Int64(now.tv_sec) - ticks / Int64(max(1, sysconf(Int32(_SC_CLK_TCK)))))
  }

  /// Whether a process of ours has ended, though perhaps not the last of its threads: until then its end cannot be
  /// asked for.
  package static func isDead(_ pid: Int32) -> Bool { entry(of: pid)?.isDead ?? false }

  /// The parent of a process; nil when there is none.
  package static func parent(of pid: Int32) -> Int32? { entry(of: pid)?.parent }

  /// The session of a process; nil when there is none.
  package static func session(of pid: Int32) -> Int32? { entry(of: pid)?.session }

  /// The name of a process in process lists, at most 15 bytes of it; nil when there is none.
  package static func name(_ pid: Int32) -> String? {
    entry(of: pid).map { String(decoding: $0.name, as: UTF8.self) }
  }

  /// A variable in the environment that a process was started with; nil where it has none, or may not be read.
  package static func variable(_ name: String, of pid: Int32) -> String? {
    guard let bytes = try? Files.read("/proc/\(pid)/environ", limit: 1 << 20) else { return nil }
    return variable(name, in: bytes)
  }

  private static func variable(_ name: String, in environment: [UInt8]) -> String? {
    let prefix = Array("\(name)=".utf8)
    return environment.split(separator: 0).first { $0.starts(with: prefix) }
      .map { String(decoding: $0.dropFirst(prefix.count), as: UTF8.self) }
  }

  /// Kills every process whose environment says so.
  ///
  /// Also one that becomes another program just now, and shows nothing of itself for a moment, and one that an
  /// ended one has left behind between two looks: it is looked again until all that is there was seen.
  package static func end(where name: String, is value: String) {
    end(where: name, is: value, among: processes)
  }

  /// The same of our own children and what is below them: those count that the system gave us as a subreaper,
  /// when their parent ended.
  package static func endChildren(where name: String, is value: String) {
    end(where: name, is: value, among: children)
  }

  /// The same of some processes.
  ///
  /// Returns: how often it has looked, at most a hundred times.
  @discardableResult
  static func end(where name: String, is value: String, among candidates: () -> [Int32]) -> Int {
    var seen: Set<Int32> = []
    for look in 1...mostLooks {
      var next = Next.nothing
      for pid in candidates() where !seen.contains(pid) {
        switch mark(of: pid, name, value) {
        case .other: seen.insert(pid)
        case .dead:
          // It does nothing any more, but may have started another one after they were listed.
          seen.insert(pid)
          next = max(next, .look)
        case .ours:
          signal(SIGKILL, below: pid)
          next = .lookLater
        case .unclear: next = .lookLater
        }
      }
      switch next {
      case .nothing: return look
      case .look: continue
      case .lookLater: usleep(500)
      }
    }
    return mostLooks
  }

  private static let mostLooks = 100

  /// What a look asks for.
  private enum Next: Comparable { case nothing, look, lookLater }

  private enum Mark {
    case ours, other
    /// It has ended, and nobody has asked for it yet.
    case dead
    /// It is gone, perhaps after it has started another one, or it does not show what it is.
    case unclear
  }

  private static func mark(of pid: Int32, _ name: String, _ value: String) -> Mark {
    func look() -> Mark? {
      do {
        let bytes = try Files.read("/proc/\(pid)/environ", limit: 1 << 20)
        return bytes.isEmpty ? nil : variable(name, in: bytes) == value ? .ours : .other
      } catch {
        // What may not be read is another user's, and nothing of ours. Of what has ended, kernels before 6.16 show
        // an empty environment, and later ones say that there is no such process.
        return [ENOENT, ESRCH].contains(error.errno) ? nil : .other
      }
    }
    if let mark = look() { return mark }
    guard let entry = entry(of: pid) else { return .unclear }
    if entry.isDead { return .dead }
    // The kernel's own have no environment.
    if pid == kernelThreads || entry.parent == kernelThreads { return .other }
    guard let words = try? Files.read("/proc/\(pid)/cmdline", limit: 1 << 22), !words.isEmpty else {
      return .unclear
    }
    // It has become another program since, or it has no environment indeed.
    return look() ?? .other
  }

  /// The process of which all threads of the kernel are children.
  private static let kernelThreads: Int32 = 2

  static func entry(of pid: Int32) -> Entry? {
    guard let bytes = try? Files.read("/proc/\(pid)/stat", limit: 4096),
      let close = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    // The command's name may hold anything, so fields are counted from its closing parenthesis:
    // state, parent, group, session and, the twentieth, the time of its start.
    let fields = bytes[(close + 1)...].split(separator: 0x20)
    guard fields.count > 19, let parent = Int32(String(decoding: fields[1], as: UTF8.self)),
      let session = Int32(String(decoding: fields[3], as: UTF8.self)),
      let started = Int64(String(decoding: fields[19], as: UTF8.self))
    else { return nil }
    let name = bytes[..<close].drop { $0 != UInt8(ascii: "(") }.dropFirst()
    let isDead = fields[0].first.map { "ZX".utf8.contains($0) } ?? true
    return Entry(name: name, parent: parent, session: session, started: started, isDead: isDead)
  }

  private static func snapshot() -> [Int32: Entry] {
    var all: [Int32: Entry] = [:]
    for pid in processes() { all[pid] = entry(of: pid) }
    return all
  }

  /// Every process there is now.
  static func processes() -> [Int32] { numbers(in: "/proc") }

  private static func numbers(in path: String) -> [Int32] {
    var all: [Int32] = []
    guard let directory = opendir(path) else { return all }
    defer { closedir(directory) }
    while let item = readdir(directory) {
      let name = withUnsafeBytes(of: item.pointee.d_name) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let pid = Int32(name) { all.append(pid) }
    }
    return all
  }
}
