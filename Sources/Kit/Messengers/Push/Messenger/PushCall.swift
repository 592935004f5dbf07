internal import Console
internal import Delivery
internal import JSON
internal import Journal
internal import Network
internal import PushWire
internal import Stage
internal import System
internal import Text

/// One delivery on its way: it waits for its turn, uploads its file where that is a call of its own, and asks.
final class PushCall {
  private let service: PushService
  private let values: PushValues
  private let note: PushNote
  private let file: OutFile?
  private let secrets: [String]
  /// What went wrong on the way; nil where there is an answer.
  private(set) var error: HTTPError?
  private var timer: EventLoop.Timer?
  private var transfer: HTTPTransfer?
  private var onEnd: ((Outcome) throws -> Void)?

  /// A call; `secrets` are shown in no reason.
  init(_ service: PushService, _ values: PushValues, _ note: PushNote, file: OutFile?, secrets: [String]) {
    (self.service, self.values, self.note, self.file) = (service, values, note, file)
    self.secrets = secrets
  }

  func start(
    after wait: Int64, _ loop: EventLoop, _ client: HTTPClient, onEnd: @escaping (Outcome) throws -> Void
  ) {
    self.onEnd = onEnd
    guard wait > 0 else { return begin(loop, client) }
    timer = loop.after(wait) { [unowned self] in
      timer = nil
      begin(loop, client)
    }
  }

  func cancel() {
    if let timer {
      timer.cancel()
      self.timer = nil
      try? end(.postponed(reason: "its turn had not come yet", after: nil))
    }
    transfer?.cancel()
  }

  private func begin(_ loop: EventLoop, _ client: HTTPClient) {
    do {
      guard let file else {
        return try ask(service.text(note, values), client, loop) { try self.end($0) }
      }
      let facts = PushFile(name: file.attachment.name, mime: file.attachment.mime, size: file.attachment.size)
      guard let rules = service.file else { return }
      guard let upload = rules.upload else { return try send(facts, nil, rules, client, loop) }
      var key: String?
      let then = { (outcome: Outcome) in
        guard let key else { return try self.end(outcome) }
        try self.send(facts, key, rules, client, loop)
      }
      try ask(upload(facts, values), client, loop, key: { key = rules.key($0) }, then: then)
    } catch {
      // From the next round of the loop: whoever started us is not done yet.
      loop.after(0) { [self] in try end(.refused(reason: "\(error)")) }
    }
  }

  private func send(
    _ facts: PushFile, _ key: String?, _ rules: PushFileRules, _ client: HTTPClient, _ loop: EventLoop
  ) throws {
    try ask(rules.send(facts, key, note, values), client, loop) { try self.end($0) }
  }

  private func ask(
    _ request: PushRequest, _ client: HTTPClient, _ loop: EventLoop, key: ((PushAnswer) -> Void)? = nil,
    then: @escaping (Outcome) throws -> Void
  ) throws {
    transfer = client.send(PushHTTP.request(request, file, secrets: secrets)) {
      [self] result in
      switch result {
      case .success(let response):
        let answer = PushAnswer(response, loop)
        key?(answer)
        try then(service.outcome(answer))
      case .failure(let error):
        self.error = error
        try then(
          error.isTemporary || error.kind == .cancelled
            ? .postponed(reason: "\(error)", after: nil) : .refused(reason: "\(error)"))
      }
    }
  }

  private func end(_ outcome: Outcome) throws {
    guard let onEnd else { return }
    self.onEnd = nil
    let clean = { [secrets] in Scrubber(exact: secrets).scrub($0).text }
    switch outcome {
    case .refused(let reason): try onEnd(.refused(reason: clean(reason)))
    case .postponed(let reason, let after): try onEnd(.postponed(reason: clean(reason), after: after))
    case .waits(let reason): try onEnd(.waits(reason: clean(reason)))
    case .delivered: try onEnd(outcome)
    }
  }
}
