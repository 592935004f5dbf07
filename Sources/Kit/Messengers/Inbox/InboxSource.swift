package import Delivery

/// What other processes posted with `agim-session post` and `agim-send inbox`.
///
/// The rows are in the store already; the receiver takes them over at start and whenever it is woken.
package final class InboxSource: Source {
  package let platform = "inbox"
  package let account = ""
  private weak var receiver: Receiver?

  /// A source that stays until it is stopped.
  package init() {}

  package func start(_ receiver: Receiver) throws { self.receiver = receiver }

  package func stop() throws { receiver?.ended(self) }
}
