package import Console
internal import Delivery
internal import EmailWire
internal import Network
package import Stage

/// Whether an account works, and which files it takes.
extension EmailMessenger: Checkable, FileChecking, SubjectShowing {
  package func check(_ done: @escaping (Result<[String], Failure>) throws -> Void) throws {
    checkSending { [self] result in
      guard case .success(let sending) = result, account.account.isGiven("imap") else {
        return try done(result.map { [$0] })
      }
      let options = try account.options("imap", [.imaps, .imap])
      login(options) { [self] result in
        switch result {
        case .failure(let failure): try done(.failure(failure))
        case .success:
          var lines = [sending, "the login at \(options.server) works"]
          if !account.account.isGiven("authserv_id"), account.secret == nil {
            lines.append(
              "receiving needs \"authserv_id\" or \"address_secret\", which prove who a mail is from: "
                + "see agim-email(7), TRUST")
          }
          try done(.success(lines))
        }
      }
    }
  }

  private func checkSending(_ done: @escaping (Result<String, Failure>) throws -> Void) {
    login(options) { [options] result in
      try done(result.map { "the login at \(options.server) works" })
    }
  }

  /// Connects, and hangs up once the login is done.
  private func login(
    _ options: MailConnection.Options, _ done: @escaping (Result<Void, Failure>) throws -> Void
  ) {
    var connection: MailConnection?
    connection = client.connect(
      options,
      onOpen: { open in
        open.close()
        connection = nil
        try done(.success(()))
      }, onData: { _ in },
      onEnd: { [account] error in
        connection = nil
        try done(
          .failure(error.isTemporary ? Failure(.temporary, "email: \(error)") : account.failure(error)))
      })
    _ = connection
  }

  package func refusal(of file: Attachment) -> String? {
    // In Base64 it becomes a third larger.
    let room = account.maxSize / 4 * 3
    return file.size > room
      ? "a mail may have \(account.maxSize) bytes (max_size), which leaves \(room) to a file" : nil
  }
}
