package import Delivery
internal import JSON
package import Journal
package import Stage
internal import Store
internal import Wire

/// The inbox: a reply becomes a message, for another pipeline that reads `agim-recv inbox`.
package final class InboxTarget: Messenger {
  /// A reply that has come through the inbox so often is going in circles.
  static let hopLimit = 8
  private unowned let stage: Stage

  /// The inbox of a stage's store.
  package init(_ stage: Stage) { self.stage = stage }

  package func send(_ deliveries: [Delivery], report: @escaping (Int, Outcome) throws -> Void) throws {
    for (index, delivery) in deliveries.enumerated() { try report(index, try post(delivery)) }
  }

  private func post(_ delivery: Delivery) throws -> Outcome {
    let row = delivery.row
    let hops = try hops(of: row.parent) + 1
    guard hops <= Self.hopLimit else {
      return .refused(reason: "the reply has come through the inbox \(Self.hopLimit) times: a loop")
    }
    let made = stage.maker.message(
      session: row.session, from: "inbox", name: nil, text: delivery.text, parent: row.id)
    var scanner = LineScanner()
    guard (try? scanner.scan(made.line.span)) != nil else {
      return .refused(reason: "the text does not fit into a line")
    }
    let line = LineEditor.set(
      [(name: "hops", rawValue: Array("\(hops)".utf8))], in: made.line.span, scanner: scanner)
    // The reply's id is the event's: posted a second time after a crash, it is recognised.
    _ = try stage.journal.post(
      Incoming(
        id: made.id, type: "message", platform: "inbox", account: "", event: row.id, session: row.session,
        line: line))
    return .delivered(proof: "posted to the inbox")
  }

  private func hops(of id: String?) throws -> Int {
    guard let id, let row = try stage.journal.store.inbox(id: id) else { return 0 }
    return (try? JSONReader.parse(row.line))?["hops"]?.int ?? 0
  }
}
