internal import JSON
internal import Journal
internal import Requests
internal import Stage
internal import Store
internal import System

/// Cards that say what became of their requests, whoever settled these: a person, the time, or agim-approve at a
/// terminal, from where no line comes down the pipe.
extension Sender {
  /// Rewrites the card of a request that is settled, where the platform can.
  func showSettled(_ request: String) throws {
    guard let posted = try? stage.journal.store.posted(id: request, part: 1),
      let card = facts.card(request: request, outgoing), card.outcome != nil,
      let row = try stage.journal.store.outbox(id: request).first,
      let (_, messenger) = try? lane(target: row.target, session: row.session)
    else { return }
    openCards?.remove(request)
    try messenger.settle(card, posted: posted)
    // Noted anew, it is younger than what became of the request.
    try facts.remember(posted)
  }

  /// Rewrites the cards of requests that were settled meanwhile.
  func showSettledCards() throws {
    let store = stage.journal.store
    guard let openCards else {
      openCards = Set(try store.openRequests().map(\.id))
      for request in try store.settledCards(after: stage.journal.clock.now() + -14 * 86_400_000) {
        try showSettled(request)
      }
      return
    }
    for request in openCards where try store.request(request)?.state != .pending { try showSettled(request) }
  }

  /// Looks after a card that was delivered, and after that of the request that an answer was too late for: it may
  /// still have its buttons.
  func watchCard(of delivery: Delivery) {
    if delivery.row.type == "request" {
      openCards?.insert(delivery.row.id)
      // It may have been settled while it was on its way.
      try? showSettled(delivery.row.id)
    } else if delivery.row.stage == "approve", let parent = delivery.row.parent,
      let answer = try? stage.journal.store.inbox(id: parent), answer.type == "answer",
      let request = (try? JSONReader.parse(answer.line))?["request"]?.string
    {
      try? showSettled(request)
    }
  }
}
