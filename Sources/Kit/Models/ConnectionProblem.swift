internal import Network

/// Problems of the connection.
extension ModelProblem {
  /// What the connection died of.
  init(_ error: HTTPError) {
    let words = "\(error.reason)"
    switch error.kind {
    case .timedOut(.connect), .unresolved, .unreachable, .proxy: self.init(.unreachable, words)
    case .timedOut(.total): self.init(.timeout, "it took longer than it may")
    case .timedOut(.idle): self.init(.timeout, "nothing came for longer than it may take")
    case .brokenOff: self.init(.broken, words)
    case .bodyTooLarge, .headersTooLarge: self.init(.tooLarge, words)
    case .request, .redirected: self.init(.invalid, words)
    case .insecure, .forbidden, .library, .unreadable, .cancelled: self.init(.invalid, words)
    case .malformed: self.init(.garbled, words)
    }
    // A name that cannot be looked up today may be a slip of the pen.
    if error.kind == .unresolved, !error.isTemporary { kind = .notFound }
    hint = error.hint
  }
}
