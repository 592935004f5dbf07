package import Journal
package import Store
internal import Wire

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
  /// Shows a reply that is still growing. `text` is the whole text so far.
  func show(partial text: String, of id: String, session: String) throws
}

extension Messenger {
  package var batch: Int { 1 }
  package var keepsOneOrder: Bool { false }
  package func marks(for deliveries: [Delivery]) throws -> [String?] { deliveries.map { _ in nil } }
  package func proof(of delivery: Delivery, mark: String) throws -> String? { nil }
  package func show(partial text: String, of id: String, session: String) throws {}
}

/// A reply on its way out: scrubbed of secrets.
package struct Delivery {
  /// Its row.
  package let row: OutboxRow
  /// Its text, for a person.
  package let text: String
  /// Its line, for a program.
  package let line: [UInt8]
  /// A reply of its parts.
  package init(row: OutboxRow, text: String, line: [UInt8]) {
    self.row = row
    self.text = text
    self.line = line
  }
}
