package import Journal
package import Store
package import Wire

/// Where replies go: hands them to a platform and tells what became of them.
package protocol Messenger: AnyObject {
  /// How many deliveries it takes at once.
  var batch: Int { get }
  /// Whether all its deliveries keep one order; otherwise only those of a session do.
  var keepsOneOrder: Bool { get }
  /// What it will need to know after a crash to find out whether these arrived; nil where nothing helps.
  /// It is stored before `send` is called.
  func marks(for deliveries: [Delivery]) throws -> [String?]
  /// Whether a delivery that was begun before a crash arrived after all: its proof, or nil.
  func proof(of delivery: Delivery, mark: String) throws -> String?
  /// Hands deliveries over; `report` is called once for each, with its index, then or later.
  func send(_ deliveries: [Delivery], report: @escaping (Int, Outcome) throws -> Void) throws
  /// Gives up what is in hand, as soon as it can; `report` is still called.
  func cancel()
  /// Shows a reply that is still growing; losing it loses nothing.
  func show(_ growing: Growing) throws
  /// Shows what a turn is doing; losing it loses nothing.
  func show(_ progress: Progress) throws
  /// The parts in which a reply goes out, each by itself and in their order; none: as it is.
  func parts(of delivery: Delivery) throws -> [DeliveryPart]
  /// Whether it still does something that belongs to what it has delivered: the process then waits for it, for a
  /// while, before it leaves.
  var isBusy: Bool { get }
  /// Shows on a card that its request is settled; `posted` is what was remembered of it.
  func settle(_ card: CardFacts, posted: PostedRow) throws
}

extension Messenger {
  package var batch: Int { 1 }
  package var keepsOneOrder: Bool { false }
  package var isBusy: Bool { false }
  package func marks(for deliveries: [Delivery]) throws -> [String?] { deliveries.map { _ in nil } }
  package func proof(of delivery: Delivery, mark: String) throws -> String? { nil }
  package func cancel() {}
  package func show(_ growing: Growing) throws {}
  package func show(_ progress: Progress) throws {}
  package func parts(of delivery: Delivery) throws -> [DeliveryPart] { [] }
  package func settle(_ card: CardFacts, posted: PostedRow) throws {}
}

/// A reply that is still growing, without secrets.
package struct Growing {
  /// The id of the reply.
  package var id: String
  /// The line that it answers.
  package var parent: String?
  /// The session.
  package var session: String
  /// The chat that it goes to; nil where it goes to none.
  package var address: Address?
  /// The whole text so far.
  package var text: String
  /// Takes the secrets out of a piece of it: for who finds out what markup hides.
  package var clean: (String) -> String = { $0 }
}

/// Progress of a turn, without secrets.
package struct Progress: Sendable, Equatable {
  /// What it is about; a later one of the same key replaces it.
  package var key: String
  /// The message that the turn is for.
  package var parent: String?
  /// The session.
  package var session: String
  /// The chat that it goes to; nil where it goes to none.
  package var address: Address?
  /// `started`, `updated` or `done`.
  package var phase: String
  /// What is done.
  package var title: String
  /// On what, or how far.
  package var detail: String?
}
