internal import Console
internal import Crypto
internal import Glibc
internal import JSON
internal import Journal
internal import Requests
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Text
internal import Wire

/// What the store and the home know about deliveries.
final class DeliveryFacts {
  private unowned let stage: Stage
  /// Where everything goes instead of its session's platform.
  var via: Target?
  private var lastLine: (n: Int64, length: Int, value: JSONObject)?

  init(_ stage: Stage) { self.stage = stage }

  /// The target of a row.
  func target(of row: OutboxRow) throws -> Target {
    try row.target.map { try Target(known: $0) } ?? via ?? Target(session: row.session)
  }

  func address(of row: OutboxRow) throws -> Address {
    guard case .address(let address) = try target(of: row) else {
      throw Failure(.dataError, "a reply in \(row.session) goes to no chat")
    }
    return address
  }

  func part(of row: OutboxRow) -> (number: Int, of: Int) {
    let count = (try? stage.journal.store.outboxParts(of: row.id)) ?? 1
    return (Int(row.part), max(count, Int(row.part)))
  }

  func value(of row: OutboxRow) -> JSONObject? {
    if let lastLine, lastLine.n == row.n, lastLine.length == row.line.count { return lastLine.value }
    let limits = JSONLimits(maxBytes: JSONLimits.line.maxBytes + 4096)
    guard let value = try? JSONReader.parse(row.line, limits: limits).object else { return nil }
    lastLine = (row.n, row.line.count, value)
    return value
  }

  func origin(of row: OutboxRow) -> JSONObject? {
    if let own = value(of: row)?["origin"]?.object { return own }
    guard let parent = row.parent, let address = try? address(of: row),
      let cause = try? stage.journal.store.inbox(id: parent),
      // Ids of one chat mean nothing in another.
      Address(cause.session).map({
        $0.platform == address.platform && $0.account == address.account
          && $0.channel == address.channel
      }) == true
    else { return nil }
    return (try? JSONReader.parse(cause.line))?["origin"]?.object
  }

  func open(_ attachment: Attachment, limit: Int) throws -> OutFile {
    let name = displayEscaped(attachment.name)
    guard attachment.path == "\(stage.home.files)/\(attachment.sha256)" else {
      throw Failure(.dataError, "\(name): it is not below files/ under its own hash")
    }
    let content: [UInt8]
    do {
      content = try Files.readRegularWithoutLinks(attachment.path, limit: limit)
    } catch {
      throw Failure(.noInput, "\(name): \(error)")
    }
    guard try SHA256.hex(content) == attachment.sha256 else {
      throw Failure(.dataError, "\(name): its content is not what its hash says")
    }
    let file = try Descriptor.openWithoutLinks(attachment.path, O_RDONLY)
    var known = attachment
    known.size = content.count
    return OutFile(attachment: known, descriptor: file)
  }

  func card(of row: OutboxRow, _ outgoing: Outgoing) -> CardFacts? {
    guard row.type == "request", let request = try? stage.journal.store.request(row.id) else { return nil }
    return CardFacts(request, stage.settings.language, clean: outgoing.clean) { choice in
      try? ButtonToken.make(request: request.id, choice: choice, stage.journal.store)
    }
  }

  /// The card of a request of this store.
  func card(request id: String, _ outgoing: Outgoing) -> CardFacts? {
    guard let request = try? stage.journal.store.request(id) else { return nil }
    return CardFacts(request, stage.settings.language, clean: outgoing.clean) { _ in nil }
  }

  func posted(id: String, part: Int64) -> String? {
    (try? stage.journal.store.posted(id: id, part: part))?.value
  }

  func remember(_ posted: PostedRow) throws {
    let now = stage.journal.clock.now()
    try stage.untilStored { [stage] in
      try stage.journal.write { try stage.journal.store.save(posted, at: now) }
    }
  }
}
