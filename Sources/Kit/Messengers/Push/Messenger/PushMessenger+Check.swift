package import Console
internal import Delivery
internal import Journal
internal import Network
internal import PushWire
package import Stage

/// Whether an account works, and which files it takes.
extension PushMessenger: Checkable, FileChecking, SubjectShowing {
  package func check(_ done: @escaping (Result<[String], Failure>) throws -> Void) throws {
    let signed = values["secret"] == nil ? "" : ", and signs"
    guard let probe = service.probe else {
      let words = "the account is complete\(signed); \(service.title) can only be tested by a message"
      return try done(.success([words]))
    }
    let request: PushRequest
    do {
      request = try probe.request(values)
    } catch {
      return try done(.failure(Failure(.configuration, "\(error)")))
    }
    ask(request) { [self] answer, error in
      if let error {
        let code: ExitCode = error.isTemporary ? .temporary : .unavailable
        return try done(.failure(Failure(code, clean("\(error)"))))
      }
      guard let answer else { return }
      if answer.status < 300, let words = probe.words(answer) { return try done(.success([clean(words)])) }
      switch service.outcome(answer) {
      case .postponed(let reason, _): try done(.failure(Failure(.temporary, clean(reason))))
      case .waits(let reason), .refused(let reason): try done(.failure(Failure(.notPermitted, clean(reason))))
      case .delivered(let words):
        try done(
          .failure(Failure(.unavailable, "the answer is not what \(service.title) says: \(clean(words))")))
      }
    }
  }

  package func refusal(of file: Attachment) -> String? {
    guard let rules = service.file else { return "\(service.title) takes no files this way" }
    if rules.isForImages, file.kind != .image { return "\(service.title) takes pictures alone" }
    if file.size > rules.limit { return "\(service.title) takes files of at most \(rules.limit >> 20) MiB" }
    return file.size < rules.least ? "\(service.title) takes files of at least \(rules.least) bytes" : nil
  }
}
