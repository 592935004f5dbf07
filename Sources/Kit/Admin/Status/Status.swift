internal import Glibc
package import Settings
package import Store
package import System

/// What runs, what waits, and when each account was heard last.
package struct Status {
  /// A pipeline that has a file, runs, or has rows.
  package struct Pipe {
    /// Its name; nil for rows that any pipeline may take.
    package let name: String?
    /// The process that looks after it; nil when `agim start` does not run it.
    package var owner: PipeLock.Owner?
    /// The seconds since that process was started.
    package var uptime: Int64?
    /// The stages: the processes of its session but bash and the guardians.
    package var stages: [(name: String, pid: Int32)] = []
    /// The unfinished messages by state.
    package var inbox: [Store.Depth] = []
    /// The unfinished replies by state.
    package var outbox: [Store.Depth] = []

    /// Since when the oldest row waits.
    package var oldest: Timestamp? { (inbox + outbox).map(\.oldest).min() }
  }

  /// The pipelines by name; rows of any last.
  package private(set) var pipes: [Pipe] = []
  /// The accounts that were ever heard.
  package private(set) var accounts: [Store.LastInbound] = []
  /// What limits hold up, and what was spent; nil while there is no store.
  package private(set) var limits: Limited?
  /// The sizes of the store and of its log in bytes; nil when there is none.
  package private(set) var size: (store: Int64, log: Int64)?
  /// What kept the store from being read.
  package private(set) var trouble: (any Error)?
  /// When this was looked at.
  package let time: Timestamp

  /// Looks at a home; makes nothing in it.
  package init(_ home: Home, clock: Clock = .system) {
    time = clock.now()
    var known: [String?: Pipe] = [:]
    for name in Set(PipeFile.names(in: home) + Self.looked(after: home)) {
      known[name] = Self.pipe(name, home)
    }
    if let store = Self.bytes(home.database) { size = (store, Self.bytes(home.database + "-wal") ?? 0) }
    if size != nil {
      do {
        let store = try Store(reading: home.database)
        defer { store.database.close() }
        for row in try store.inboxDepths() {
          known[row.pipe, default: Pipe(name: row.pipe)].inbox.append(row)
        }
        for row in try store.outboxDepths() {
          known[row.pipe, default: Pipe(name: row.pipe)].outbox.append(row)
        }
        accounts = try store.lastInbound()
        limits = try Limited(home, store, at: time)
      } catch {
        trouble = error
      }
    }
    pipes = known.values.sorted { one, other in
      guard let left = one.name else { return false }
      return other.name.map { left < $0 } ?? true
    }
  }

  /// Pipelines with a lock file, whether their file is still there or not.
  private static func looked(after home: Home) -> [String] {
    guard let directory = opendir(home.run) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let file = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      let name = String(file.dropFirst(5))
      guard file.hasPrefix("pipe."), let pipe = try? PipeFile(name, in: home),
        (try? PipeLock.owner(pipe)) != nil
      else { continue }
      names.append(name)
    }
    return names
  }

  private static func pipe(_ name: String, _ home: Home) -> Pipe {
    var pipe = Pipe(name: name)
    guard let file = try? PipeFile(name, in: home), let owner = try? PipeLock.owner(file) else { return pipe }
    pipe.owner = owner
    pipe.uptime = ProcessTree.age(owner.pid)
    let below = ProcessTree.below(owner.pid).dropFirst()
    let leaders = Set(below.filter { ProcessTree.session(of: $0) == $0 && ProcessTree.name($0) == "bash" })
    // A stage with a guardian has its place in the pipeline by that.
    let places = below.map { pid -> (pid: Int32, place: Int32) in
      let parent = ProcessTree.parent(of: pid) ?? 0
      return (
        pid, ProcessTree.name(parent).map(guardians.contains) == true && parent != owner.pid ? parent : pid
      )
    }
    for pid in places.sorted(by: { ($0.place, $0.pid) < ($1.place, $1.pid) }).map(\.pid) {
      guard let session = ProcessTree.session(of: pid), leaders.contains(session), pid != session,
        let name = ProcessTree.name(pid), name != "bash", !guardians.contains(name)
      else { continue }
      pipe.stages.append((name, pid))
    }
    return pipe
  }

  private static let guardians = [ProcessGuard.Role.agents.rawValue, ProcessGuard.Role.programs.rawValue]

  private static func bytes(_ path: String) -> Int64? {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : nil
  }
}
