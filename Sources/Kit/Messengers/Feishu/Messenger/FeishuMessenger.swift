internal import Console
package import Delivery
internal import FeishuWire
internal import JSON
package import Journal
internal import Markup
package import Stage
internal import Store
internal import System

package import class Delivery.Account

/// Sends to Feishu and Lark for one app: texts and cards, growing ones too, files, and requests with buttons.
///
/// Every message carries an id of ours that Feishu takes once an hour, so that one whose answer was lost is sent
/// again without being shown twice.
package final class FeishuMessenger: Messenger {
  let stage: Stage
  let client: FeishuClient
  let options: FeishuOptions
  /// The account's name in the configuration.
  let account: String
  /// How often something may be said.
  ///
  /// Feishu takes 5 a second in a chat from all its robots together, 5 edits of a message, and 50 a second and 1000 a
  /// minute from the app. Some of it is left to others.
  var pace = Pace(
    each: [.init(4, within: 1050)], all: [.init(40, within: 1050), .init(900, within: 60_000)])
  private(set) lazy var replies = GrowingReplies(
    stage, firstAfter: 700, interval: { [weak self] in self?.interval(of: $0) ?? 1000 },
    show: { [weak self] in try self?.grow($0, $1, $2) })
  /// Until when cards that stream are not tried, as the app may not have them; 0 for always.
  var streamsAfter: Int64 = 0
  /// The cards that stream, by their ids.
  var streams: [String: CardStream] = [:]
  /// The first messages of growing replies that may have arrived without our hearing of it, by the replies' ids.
  var firstShowings: [String: FirstShowing] = [:]
  /// The ids of the replies that grow for messages.
  var growing: [String: String] = [:]
  /// The first message of threads, by the ids of these.
  var roots: [String: String] = [:]
  /// Cards that are being rewritten, by the ids of their messages.
  var rewriting: Set<String> = []
  /// What is shown on messages while work goes on, by our ids of them; nil while it is being put there.
  var reactions: [String: WorkingReaction] = [:]
  /// Whether the app may not put reactions.
  var isReactionForbidden = false
  /// How many changes to people's messages are under way.
  var courtesies = 0
  private var jobs: [ObjectIdentifier: SendJob] = [:]

  /// The messenger of an account.
  ///
  /// - Throws: `Failure` with status 78.
  package init(_ account: Account, _ stage: Stage) throws {
    self.stage = stage
    client = try FeishuClient(account, loop: stage.loop)
    options = try FeishuOptions(account)
    self.account = account.name
  }

  package var isBusy: Bool { courtesies > 0 || !rewriting.isEmpty }

  /// Monotonic milliseconds.
  var now: Int64 { stage.loop.clock.monotonic() }

  package func send(_ deliveries: [Delivery], report: @escaping (Int, Outcome) throws -> Void) throws {
    for (index, delivery) in deliveries.enumerated() {
      let job = SendJob(delivery) { try report(index, $0) }
      jobs[ObjectIdentifier(job)] = job
      job.onEnd = { [weak self, unowned job] in self?.jobs[ObjectIdentifier(job)] = nil }
      do {
        try begin(job)
      } catch let failure as Failure {
        // What is wrong with this one says nothing about the others.
        try job.end(.refused(reason: "\(failure)"))
      }
    }
  }

  package func cancel() {
    // Sent again, they are not shown twice.
    for job in jobs.values { try? job.end(.postponed(reason: "interrupted", after: nil)) }
    rewriting.removeAll()
    courtesies = 0
  }

  private func begin(_ job: SendJob) throws {
    let delivery = job.delivery
    if delivery.row.type == "request", let card = delivery.card { return try ask(card, job) }
    if delivery.row.final, let parent = delivery.row.parent {
      stopWorking(parent, delivery.row.session)
      try stopGrowing(for: parent, but: delivery.row.id)
    }
    if let attachment = delivery.attachments.first(where: { $0.kind != .location }) {
      return try upload(attachment, job)
    }
    let text = said(by: delivery)
    guard delivery.row.part == 1 else { return try say(text, job) }
    try replies.finish(delivery.row.id) { [weak self] posted in
      guard let self, !job.isOver else { return }
      if let posted, let shown = PostedMessage(json: posted) { return try finish(shown, text, job) }
      guard let first = firstShowings.removeValue(forKey: delivery.row.id) else { return try say(text, job) }
      try show(first) { [weak self] result in
        guard let self, !job.isOver else { return }
        guard case .success(let shown) = result else { return try say(text, job) }
        try finish(shown, text, job)
      }
    }
  }

  /// The words of a delivery: those of its line, and the places that belong to it.
  func said(by delivery: Delivery) -> String {
    let places = delivery.attachments.filter { $0.kind == .location }
    let text = delivery.attachments.isEmpty ? delivery.text : delivery.member("text") ?? ""
    let safe = Markdown.source(text, clean: delivery.clean)
    return ([safe] + places.map(PlaceText.markdown)).filter { !$0.isEmpty }.joined(separator: "\n\n")
  }
}

/// A delivery that is in hand; how it ends is told once.
final class SendJob {
  let delivery: Delivery
  var onEnd: () -> Void = {}
  private var report: ((Outcome) throws -> Void)?

  init(_ delivery: Delivery, _ report: @escaping (Outcome) throws -> Void) {
    (self.delivery, self.report) = (delivery, report)
  }

  /// Whether its end was told already.
  var isOver: Bool { report == nil }

  func end(_ outcome: Outcome) throws {
    guard let report else { return }
    self.report = nil
    onEnd()
    try report(outcome)
  }
}
