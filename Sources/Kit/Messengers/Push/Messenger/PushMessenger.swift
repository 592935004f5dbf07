internal import Console
package import Delivery
internal import JSON
package import Journal
internal import Markup
internal import Network
internal import PushWire
internal import Settings
package import Stage
internal import Store
internal import System
internal import Text
internal import Wire

package import class Delivery.Account

/// Sends to a service that takes notifications: a row is one HTTP call, or two where a file is uploaded first.
package final class PushMessenger: Messenger {
  let account: Account
  let service: PushService
  let values: PushValues
  unowned let stage: Stage
  /// How answers go to addresses that come with messages; nil where none do.
  private let replies: ReplyRules?
  private let client: HTTPClient
  private var pace: Pace
  private var calls: [ObjectIdentifier: PushCall] = [:]
  /// What no error may show.
  let secrets: [String]
  private lazy var scrubber = Scrubber(exact: secrets)

  /// A messenger for an account of a service.
  ///
  /// - Throws: `Failure` with status 78 for an account that cannot work.
  package init(_ account: Account, _ stage: Stage) throws {
    guard let service = PushService.of(account.facts.name) else {
      throw Failure(.software, "\(account.facts.name) is no service that takes notifications")
    }
    self.account = account
    self.stage = stage
    self.service = service
    values = try PushAccount.values(of: account, service, stage.settings)
    replies = service.takesReplies ? try ReplyRules(account) : nil
    secrets = Self.secrets(service, values)
    client = HTTPClient(stage.loop)
    pace = Pace(each: [], all: service.pace.map { Pace.Rule($0.count, within: $0.within) })
  }

  package func parts(of delivery: Delivery) throws -> [DeliveryPart] {
    // What a cut could hide is taken out before it.
    let source = Markdown.source(source(of: delivery), clean: delivery.clean)
    var parts = try LongReply(stage).parts(of: source, splitter) { [service] size in
      service.file.map { !$0.isForImages && ($0.least...$0.limit).contains(size) } ?? false
    }
    for (index, file) in delivery.attachments.enumerated() where takes(file) {
      parts.append(DeliveryPart(text: "", files: [index]))
    }
    return parts
  }

  package func send(_ deliveries: [Delivery], report: @escaping (Int, Outcome) throws -> Void) throws {
    for (index, delivery) in deliveries.enumerated() {
      if let replies {
        try answer(delivery, replies) { try report(index, $0) }
      } else {
        try call(delivery, by: service) { outcome, _ in try report(index, outcome) }
      }
    }
  }

  /// Makes the call of a delivery when its turn has come.
  ///
  /// `done` is given the outcome, and what went wrong on the way where there is no answer.
  func call(
    _ delivery: Delivery, by service: PushService, hiding more: [String] = [],
    done: @escaping (Outcome, HTTPError?) throws -> Void
  ) throws {
    do {
      let note = try note(for: delivery, form: service.form)
      // A part is either a text or a file.
      let file = delivery.attachments.first { takes($0) && note.text.isEmpty }
      let call = PushCall(
        service, values, note, file: try file.map { try open($0, of: delivery) }, secrets: secrets + more)
      calls[ObjectIdentifier(call)] = call
      let wait = pace.reserve("", at: stage.loop.clock.monotonic())
      call.start(after: wait, stage.loop, client) { [unowned self, unowned call] outcome in
        calls[ObjectIdentifier(call)] = nil
        if case .postponed(_, let after?) = outcome {
          pace.block(nil, for: after, at: stage.loop.clock.monotonic())
        }
        try done(outcome, call.error)
      }
    } catch let fault as PushFault {
      try done(.refused(reason: "account \"\(account.name)\": \(fault)"), nil)
    } catch let failure as Failure {
      try done(.refused(reason: "\(failure)"), nil)
    }
  }

  /// Makes a call outside of any delivery.
  func ask(_ request: PushRequest, _ done: @escaping (PushAnswer?, HTTPError?) throws -> Void) {
    client.send(PushHTTP.request(request, nil, secrets: secrets)) { [stage] result in
      switch result {
      case .success(let response): try done(PushAnswer(response, stage.loop), nil)
      case .failure(let error): try done(nil, error)
      }
    }
  }

  package func cancel() { for call in calls.values { call.cancel() } }

  // MARK: - Texts

  /// The whole text of a reply, as Markdown.
  private func source(of delivery: Delivery) -> String {
    let isRequest = delivery.row.type == "request"
    var text = isRequest ? delivery.text : delivery.member("text") ?? delivery.text
    if !service.hasTitle || replies != nil, let title = delivery.member("subject"), !title.isEmpty {
      text = Subject.before(text, title)
    }
    for file in delivery.attachments where !takes(file) {
      let name = displayEscaped(file.name)
      text +=
        "\(text.isEmpty ? "" : "\n\n")[\(name), \(file.size) bytes: \(service.title) takes no such file here]"
    }
    return text
  }

  private func note(for delivery: Delivery, form: PushForm) throws -> PushNote {
    let (number, count) = delivery.part
    let text = count > 1 ? delivery.member("text") ?? "" : splitter.beginning(source(of: delivery))
    let rendered: (shown: String, plain: String) =
      text.isEmpty ? ("", "") : render(text, as: form, clean: delivery.clean)
    let address = try delivery.address()
    return PushNote(
      id: count > 1 ? "\(delivery.row.id)-\(number)" : delivery.row.id,
      title: number == 1 && replies == nil ? delivery.member("subject") : nil, text: rendered.shown,
      plain: rendered.plain, channel: address.channel, thread: address.thread,
      time: stage.journal.clock.now())
  }

  private func render(
    _ source: String, as form: PushForm, clean: (String) -> String = { $0 }
  ) -> (shown: String, plain: String) {
    let markdown = Markdown(source, clean: clean)
    let plain = markdown.plain
    switch form {
    case .plain: return (plain, plain)
    case .commonMark: return (markdown.commonMark, plain)
    case .dingtalk: return (markdown.dingtalk, plain)
    case .feishu: return (markdown.feishuMarkdown, plain)
    case .wecom: return (markdown.wecomV2, plain)
    case .slack: return (markdown.slack, plain)
    case .discord: return (markdown.discord, plain)
    case .matrix: return (MatrixText.html(markdown.telegramHTML), plain)
    }
  }

  private var splitter: TextSplitter {
    if let replies {
      let form = replies.pushForm
      return TextSplitter(limit: replies.limit) { [unowned self] in render($0, as: form).shown.utf16.count }
    }
    let unit: TextUnit =
      switch service.limit.unit {
      case .bytes: .bytes
      case .characters: .codePoints
      case .utf16: .utf16
      }
    return TextSplitter(limit: service.limit.count) { [unowned self] source in
      unit.count(render(source, as: service.form).shown)
    }
  }

  // MARK: - Files

  private func takes(_ file: Attachment) -> Bool {
    file.kind != .location && refusal(of: file) == nil
  }

  private func open(_ attachment: Attachment, of delivery: Delivery) throws -> OutFile {
    try delivery.open(attachment, limit: service.file?.limit ?? 0)
  }

  // MARK: - Secrets

  /// What a service says may hold what it was called with.
  func clean(_ text: String) -> String { scrubber.scrub(text).text }

  private static func secrets(_ service: PushService, _ values: PushValues) -> [String] {
    let own = service.keys.filter(\.isSecret).compactMap { values[$0.name] }
    let all = own + values.headers.map(\.value)
    return all + all.flatMap { AddressSecrets.pieces(of: $0) }
  }
}
