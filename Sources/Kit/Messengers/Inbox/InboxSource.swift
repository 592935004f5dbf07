package import Delivery

/// What other processes posted with `agim-session post` and `agim-send inbox`.
///
/// The rows are in the store already; the receiver takes them over at start and whenever it is woken.
package final class InboxSource: Source {
  package let platform = "inbox"
  package let account = ""
  private let stays: Bool
  private weak var receiver: Receiver?

  /// A source that stays, or ends when it has printed what is there.
  package init(stays: Bool) { self.stays = stays }

  package func start(_ receiver: Receiver) throws {
    self.receiver = receiver
    if !stays { receiver.ended(self) }
  }

  package func stop() throws { receiver?.ended(self) }
}
