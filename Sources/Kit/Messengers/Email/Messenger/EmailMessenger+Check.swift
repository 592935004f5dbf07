package import Console
internal import Delivery
internal import Network

/// Whether the SMTP server takes the login.
extension EmailMessenger: Checkable, SubjectShowing {
  package func check(_ done: @escaping (Result<[String], Failure>) throws -> Void) throws {
    var isDone = false
    let session = newSession()
    session.onReady = { [weak session] in
      guard !isDone else { return }
      isDone = true
      try session?.cancel()
      try done(.success(["the SMTP server takes the login"]))
    }
    session.onEnd = { [self] error in
      guard !isDone else { return }
      isDone = true
      let failure = error.map(failure) ?? Failure(.temporary, "the SMTP server has ended the connection")
      try done(.failure(error?.isTemporary == true ? Failure(.temporary, failure.message) : failure))
    }
    keep(session)
    session.open()
  }
}
