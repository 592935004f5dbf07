internal import Console
internal import Glibc
internal import JSON
internal import Settings
internal import Stage
internal import Store
internal import System

/// How the program of an agent reaches agim's own tools: a file with the token of the turn that it works on.
///
/// One for each program that is started. The file is there only while exactly one turn runs in the program:
/// a program that serves several conversations at once cannot say for which of them a call is, so then no
/// call is possible. Where a sandbox hides the store, the program gets a socket instead, and each connection
/// an agim-mcp of its own outside; the token never gets into the sandbox.
package final class AgentScope {
  /// What the program is told: the file, or the socket; nil where it gets none of our own tools.
  package let path: String?
  /// The servers that it is given, our own first.
  package let servers: [ToolServer]

  private let file: String
  private let stage: Stage
  private let program: String?
  private let isOurs: Bool
  private var kept: [String] = []
  private var inside: [Turn] = []
  private var listener: Descriptor?
  private var watch: EventLoop.Watch?
  private var children: [Int32: (child: Child, watch: EventLoop.Watch)] = [:]
  private var isClosed = false

  /// The command.
  package static let program = "agim-mcp"
  /// What it is called by agents.
  package static let name = "agim"
  /// Connections of one program at a time.
  private static let connectionLimit = 16

  /// A scope for a program.
  ///
  /// - Parameters:
  ///   - program: The path of agim-mcp; nil where the program gets none of our own tools.
  ///   - others: Servers of the configuration.
  ///   - holder: Our holder: what a killed process leaves is found by it.
  ///   - mark: The program's mark, which no other one has.
  ///   - isConfined: Whether a sandbox keeps the program from the store.
  ///   - isOurs: Whether the program runs under our own account: no other one can read what we keep for it.
  ///   - stage: The stage.
  /// - Throws: `SystemError` where there can be no socket.
  init(
    program: String?, others: [ToolServer], holder: String, mark: String, isConfined: Bool, isOurs: Bool,
    _ stage: Stage
  ) throws(SystemError) {
    self.stage = stage
    (self.program, self.isOurs) = (program, isOurs)
    file = "\(stage.home.run)/\(holder).scope-\(mark)"
    guard let program else {
      (path, servers) = (nil, others)
      return
    }
    let name = "\(holder).tools-\(mark)"
    let path = isConfined ? "\(stage.home.run)/\(name)" : file
    self.path = path
    servers =
      [
        ToolServer(
          name: Self.name, command: [program, "--scope", path], env: ["AGIM_HOME": stage.home.path])
      ] + others
    guard isConfined else { return }
    let listener = try LocalSocket.listen(name, in: stage.home.run)
    self.listener = listener
    watch = stage.loop.watch(listener.number) { [weak self] in self?.accept() }
  }

  deinit { close() }

  /// Files of agim's own that a sandbox has to show.
  package var shown: [String] { (listener == nil ? [] : [path].compactMap(\.self)) + kept }

  /// Keeps something for the program in a private file that goes with it; nil where that is not possible.
  package func keep(_ content: [UInt8]) -> String? {
    guard isOurs else {
      Log.warning("an agent with \"run_as\" gets no servers: it cannot read the file that names them")
      return nil
    }
    let path = "\(file).\(kept.count)"
    do {
      try Files.write(content, to: path)
      kept.append(path)
      return path
    } catch {
      Log.warning("an agent gets no servers: \(error)")
      return nil
    }
  }

  /// A turn begins in the program.
  package func enter(_ turn: Turn) {
    guard !isClosed, program != nil, turn.token != nil, !inside.contains(where: { $0 === turn }) else {
      return
    }
    inside.append(turn)
    turn.scopes.append(self)
    write()
  }

  /// A turn of the program has ended.
  func leave(_ turn: Turn) {
    inside.removeAll { $0 === turn }
    write()
  }

  /// The program is gone.
  package func close() {
    guard !isClosed else { return }
    isClosed = true
    inside = []
    unlink(file)
    for path in kept { unlink(path) }
    watch?.cancel()
    if let listener, let path {
      listener.close()
      unlink(path)
    }
    for (_, one) in children { kill(one.child.pid, SIGTERM) }
  }

  private func write() {
    guard inside.count == 1, let token = inside[0].token else {
      unlink(file)
      return
    }
    var json = JSONWriter()
    json.beginObject()
    json.member("v", 1)
    json.member("token", token)
    json.endObject()
    do {
      try Files.write(json.bytes + [0x0A], to: file)
    } catch {
      unlink(file)
      Log.warning("an agent gets no tools of agim: \(error)")
    }
  }

  // MARK: - Through the wall of a sandbox

  private func accept() {
    while let listener, let socket = LocalSocket.accept(listener) {
      guard children.count < Self.connectionLimit, !isClosed,
        let peer = LocalSocket.peer(of: socket), peer.user == geteuid()
      else {
        socket.close()
        continue
      }
      serve(socket)
    }
  }

  /// Gives a connection a server of its own, whose input and output it is.
  private func serve(_ socket: Descriptor) {
    defer { socket.close() }
    guard let program else { return }
    // The server reads and writes as on a pipe.
    _ = fcntl(socket.number, F_SETFL, fcntl(socket.number, F_GETFL) & ~O_NONBLOCK)
    var variables = ProcessGuard.smallEnvironment
    variables["AGIM_HOME"] = stage.home.path
    do {
      let child = try Child(
        [program, "--scope", file], environment: variables.map { "\($0.key)=\($0.value)" }.sorted(),
        directory: "/", input: .share(socket.number), output: .share(socket.number), errors: .null)
      let watch = stage.loop.watch(child.ended.number) { [weak self] in self?.reap(child.pid) }
      children[child.pid] = (child, watch)
    } catch {
      Log.warning("agim-mcp cannot be started: \(error)")
    }
  }

  private func reap(_ pid: Int32) {
    guard let one = children[pid], one.child.reap() != nil else { return }
    one.watch.cancel()
    one.child.ended.close()
    children[pid] = nil
  }
}
