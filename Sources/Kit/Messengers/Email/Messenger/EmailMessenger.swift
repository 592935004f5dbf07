internal import Console
package import Delivery
internal import EmailWire
package import Journal
internal import Network
package import Stage
internal import System
internal import Text

package import class Delivery.Account

/// Sends replies as mail, over the account's own server.
package final class EmailMessenger: Messenger {
  let account: EmailAccount
  private let composer: MailComposer
  let options: MailConnection.Options
  let client: HTTPClient
  private unowned let stage: Stage
  private var session: SMTPSession?
  private var queue: [Job] = []
  private var isSending = false

  private struct Job {
    let delivery: Delivery
    let report: (Outcome) throws -> Void
  }

  /// The messenger of an account.
  ///
  /// - Throws: `Failure` with status 78.
  package init(_ account: Account, _ stage: Stage) throws {
    self.stage = stage
    self.account = try EmailAccount(account)
    let bcc = try account.texts("bcc") ?? []
    for address in bcc where EmailAccount.domain(of: address) == nil {
      throw account.failure("bcc", "'\(displayEscaped(address))' is no mail address")
    }
    composer = MailComposer(account: self.account, name: try account.text("name"), bcc: bcc)
    options = try self.account.options("smtp", [.smtps, .smtp])
    client = HTTPClient(stage.loop)
  }

  package func send(_ deliveries: [Delivery], report: @escaping (Int, Outcome) throws -> Void) throws {
    for (index, delivery) in deliveries.enumerated() {
      queue.append(Job(delivery: delivery) { try report(index, $0) })
    }
    try next()
  }

  package func cancel() {
    let waiting = queue
    queue = []
    // What is reported here is stored like any other end.
    for job in waiting { try? job.report(.postponed(reason: "agim-send is leaving", after: nil)) }
    try? session?.cancel()
  }

  private func next() throws {
    guard !isSending, !queue.isEmpty else { return }
    guard let session, !session.isOver else { return connect() }
    guard session.isIdle else { return }
    let job = queue.removeFirst()
    isSending = true
    do {
      try start(job, session)
    } catch let refusal as MailComposer.Refusal {
      try ended(job, .refused(reason: refusal.reason))
    } catch let failure as Failure {
      try ended(job, .refused(reason: failure.description))
    }
  }

  private func start(_ job: Job, _ session: SMTPSession) throws {
    let composed = try composer.compose(job.delivery, at: stage.journal.clock.now())
    let pieces = composed.mail.pieces()
    let size = OutgoingMail.size(pieces)
    let limit = min(account.maxSize, session.limit ?? .max)
    guard size <= limit else {
      throw MailComposer.Refusal(
        reason:
          "the mail has \(size) bytes, and \(limit == account.maxSize ? "max_size is" : "the server takes") "
          + "\(limit): send a smaller file, or a link to it")
    }
    let mail = SMTPJob(sender: account.address, recipients: composed.recipients, pieces: pieces, size: size)
    session.send(mail) { [weak self] result in
      guard let self else { return }
      switch result {
      case .accepted(let reply, let refused):
        for (recipient, why) in refused {
          Log.warning(
            "not delivered to one of the recipients", [("recipient", recipient), ("reason", why.words)])
        }
        let missing =
          refused.isEmpty ? "" : "; refused for " + refused.map(\.recipient).joined(separator: ", ")
        try ended(job, .delivered(proof: "\(composed.id) \(reply.words)\(missing)"))
      case .later(let why): try ended(job, .postponed(reason: why, after: nil))
      case .refused(let why): try ended(job, .refused(reason: why))
      }
    }
  }

  private func ended(_ job: Job, _ outcome: Outcome) throws {
    isSending = false
    try job.report(outcome)
    stage.loop.after(0) { [weak self] in try self?.next() }
  }

  private func connect() {
    let session = SMTPSession(client, options, stage.loop, patience: account.patience)
    session.onReady = { [weak self] in try self?.next() }
    session.onEnd = { [weak self] error in
      guard let self else { return }
      self.session = nil
      guard let error, !isSending else { return try next() }
      // None of those that wait will fare better.
      let waiting = queue
      queue = []
      let reason = "\(error.kind == .login ? account.failure(error).description : "email: \(error)")"
      for job in waiting {
        try job.report(error.isTemporary ? .postponed(reason: reason, after: nil) : .refused(reason: reason))
      }
    }
    self.session = session
    session.open()
  }
}
