internal import Network
internal import System

extension HTTPServer {
  // MARK: - Connections

  /// How often what takes too long is looked for.
  private static let period: Int64 = 1_000

  func accept() throws {
    for _ in 0..<64 {
      let next: (socket: Descriptor, peer: NetworkAddress?)?
      do throws(SystemError) {
        next = try listener.accept()
      } catch {
        // Out of descriptors or memory: those who wait are served first.
        accepting?.isEnabled = false
        loop.after(500) { [weak self] in self?.acceptAgain() }
        return
      }
      guard let next else { return }
      counts.connections += 1
      let network = countedNetwork(next.peer)
      guard makeRoom(for: network) else {
        counts.refused += 1
        next.socket.close()
        continue
      }
      connections[next.socket.number] = HTTPConnection(next.socket, next.peer, network, self)
      if let network { crowd[network, default: 0] += 1 }
      sweepLater()
    }
  }

  private func acceptAgain() { accepting?.isEnabled = !isClosed }

  /// The network whose connections are counted; nil for who may have any number.
  private func countedNetwork(_ peer: NetworkAddress?) -> [UInt8]? {
    // Behind a trusted proxy nobody is known before the head of a request is.
    if options.trustsProxy { return nil }
    if options.sparesLoopback, peer?.isLoopback == true { return nil }
    return peer?.network ?? []
  }

  /// Whether there is room for one more connection; one of the same network that waits makes room, or where all
  /// are full any that waits.
  private func makeRoom(for network: [UInt8]?) -> Bool {
    if let network, crowd[network, default: 0] >= options.connectionsPerAddress {
      return makeRoom { $0.network == network }
    }
    return connections.count < options.connections || makeRoom { _ in true }
  }

  private func makeRoom(among isMeant: (HTTPConnection) -> Bool) -> Bool {
    let idle = connections.values.filter { $0.isIdle && isMeant($0) }
    guard let oldest = idle.min(by: { $0.since < $1.since }) else { return false }
    let fd = oldest.fd
    oldest.close()
    forget(fd)
    return true
  }

  func forget(_ fd: Int32) {
    guard let gone = connections.removeValue(forKey: fd), let network = gone.network else { return }
    let left = crowd[network, default: 1] - 1
    crowd[network] = left > 0 ? left : nil
  }

  private func sweepLater() {
    guard sweeping == nil else { return }
    sweeping = loop.after(Self.period) { [weak self] in
      guard let self else { return }
      sweeping = nil
      let now = loop.clock.monotonic()
      for connection in Array(connections.values) { connection.sweep(now) }
      if !connections.isEmpty { sweepLater() }
    }
  }

  func closeAll() {
    isClosed = true
    accepting?.cancel()
    accepting = nil
    sweeping?.cancel()
    sweeping = nil
    for connection in connections.values { connection.close() }
    connections = [:]
    crowd = [:]
    listener.close()
  }

  // MARK: - Requests

  enum Found {
    case none
    /// The path is known, for other methods.
    case methods(String)
    case route(Route)
  }

  func find(_ request: HTTPIncoming) -> Found {
    guard let path = path(request), let methods = routes[path] else { return .none }
    if let route = methods[request.method] { return .route(route) }
    if request.method == "HEAD", let route = methods["GET"] { return .route(route) }
    var names = Set(methods.keys)
    if names.contains("GET") { names.insert("HEAD") }
    return .methods(names.union(["OPTIONS"]).sorted().joined(separator: ", "))
  }

  /// The path below the prefix; nil for another one.
  func path(_ request: HTTPIncoming) -> String? {
    guard let path = HTTPTarget.path(request.path) else { return nil }
    guard !options.prefix.isEmpty else { return path }
    guard path.hasPrefix(options.prefix) else { return nil }
    let rest = path.utf8.dropFirst(options.prefix.utf8.count)
    guard rest.first == UInt8(ascii: "/") else { return rest.isEmpty ? "/" : nil }
    return String(Substring(rest))
  }

  /// For how many seconds who asks has to wait; nil when it need not.
  func limit(_ asker: NetworkAddress?) -> Int? {
    guard let wait = rates.refusal(asker, at: loop.clock.monotonic()) else { return nil }
    counts.limited += 1
    return wait
  }

  /// Who asks: the one who connected, or who a trusted proxy says.
  func asker(_ request: HTTPIncoming, from peer: NetworkAddress?) -> NetworkAddress? {
    guard options.trustsProxy else { return peer }
    // The last one is the proxy's own word; those before it came from outside.
    guard let line = request.headers.last(where: { $0.name == "x-forwarded-for" })?.value,
      let last = line.split(separator: ",").last
    else { return peer }
    var text = String(last.filter { $0 != " " && $0 != "\t" })
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      text = String(text[text.index(after: text.startIndex)..<end])
    } else if text.utf8.filter({ $0 == UInt8(ascii: ":") }).count == 1, let colon = text.firstIndex(of: ":") {
      text = String(text[..<colon])
    }
    return NetworkAddress(text) ?? peer
  }
}
