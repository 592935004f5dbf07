/// What is done with a mail that has come.
package enum MailVerdict: Equatable, Sendable {
  /// It is from whom it says, for the reason given.
  case trusted(MailAddress, why: String)
  /// It is left where it is, for the reason given.
  case ignored(why: String)
  /// A server says that it could not deliver something.
  case bounce

  /// What an account takes for true.
  package struct Rules: Sendable {
    /// The account's own address.
    package var own: String
    /// The names that our own servers give themselves in Authentication-Results, in lower case.
    package var servers: [String]
    /// What stands behind the plus sign of the address that only trusted people know; nil for none.
    package var secret: String?
    /// Whether two secrets are the same, in constant time.
    package var isEqual: @Sendable ([UInt8], [UInt8]) -> Bool

    /// The rules of an account.
    package init(
      own: String, servers: [String], secret: String?, isEqual: @escaping @Sendable ([UInt8], [UInt8]) -> Bool
    ) {
      (self.own, self.servers, self.secret, self.isEqual) = (own, servers, secret, isEqual)
    }
  }

  /// Why somebody is trusted who knows the secret address.
  package static let bySecret = "it came to the secret address"

  /// Judges a mail by its header alone.
  package init(_ header: MailHeader, _ rules: Rules) {
    let senders = header.all("from")
    guard senders.count == 1, let list = MailAddress.list(senders[0]), list.count == 1 else {
      // To one program the first address counts, to another the last.
      self = Self.isReport(header) ? .bounce : .ignored(why: "it has not exactly one sender in From")
      return
    }
    let sender = list[0]
    if Self.isReport(header) {
      self = .bounce
      return
    }
    if let why = Self.loop(header, sender, own: rules.own) {
      self = .ignored(why: why)
      return
    }
    if let secret = rules.secret, Self.isAddressed(header, to: rules.own, secret: secret, rules.isEqual) {
      self = .trusted(sender, why: Self.bySecret)
      return
    }
    self = Self.judge(header, sender, rules)
  }

  private static func judge(_ header: MailHeader, _ sender: MailAddress, _ rules: Rules) -> MailVerdict {
    guard !rules.servers.isEmpty else {
      return .ignored(
        why: "nothing proves its sender: no authserv_id is configured, and no secret address used")
    }
    // Only the topmost is our server's: a sender may have put any number below it.
    guard let top = header.first("authentication-results") else {
      return .ignored(why: "nothing proves its sender: it has no Authentication-Results")
    }
    guard let results = AuthenticationResults(top) else {
      return .ignored(why: "nothing proves its sender: its topmost Authentication-Results cannot be read")
    }
    guard rules.servers.contains(results.server) else {
      return .ignored(
        why:
          "nothing proves its sender: its topmost Authentication-Results is by \(results.server.prefix(100))")
    }
    guard let why = results.proof(of: sender) else {
      let found = results.results.map { "\($0.method)=\($0.verdict)" }.joined(separator: " ")
      return .ignored(
        why: "nothing proves its sender: \(found.isEmpty ? "no results" : String(found.prefix(200)))")
    }
    return .trusted(sender, why: why)
  }

  // MARK: - Loops

  /// Why an answer to a mail could be answered by a program; nil where a person waits for it.
  static func loop(_ header: MailHeader, _ sender: MailAddress, own: String) -> String? {
    if MailBytes.lower(sender.address.utf8) == MailBytes.lower(own.utf8) { return "it is from ourselves" }
    for value in header.all("auto-submitted") {
      let word = MailBytes.lower(MailBytes.trimmed(value.prefix { $0 != 0x3B && $0 != 0x28 }))
      if word != "no" { return "it was sent by a program (Auto-Submitted: \(word.prefix(40)))" }
    }
    for value in header.all("return-path") where value.filter({ $0 > 0x20 }) == Array("<>".utf8) {
      return "it has no return path"
    }
    for (name, _) in header.fields where name.hasPrefix("list-") || name == "mailing-list" {
      return "it comes from a list (\(name.prefix(40)))"
    }
    for value in header.all("precedence") {
      let word = MailBytes.lower(MailBytes.trimmed(value[...]))
      if ["bulk", "list", "junk", "auto_reply"].contains(word) { return "its precedence is \(word)" }
    }
    for name in ["x-autoreply", "x-autorespond", "x-auto-reply", "x-autorespond-to", "x-failed-recipients"]
    where header.first(name) != nil { return "it was sent by a program (\(name))" }
    let local = MailBytes.lower(sender.local.utf8).filter { $0 != "-" && $0 != "_" && $0 != "." }
    let automatic = [
      "mailerdaemon", "postmaster", "noreply", "donotreply", "bounce", "bounces", "listserv", "majordomo",
    ]
    if automatic.contains(local) || local.hasPrefix("noreply+") || local.hasPrefix("bounces+") {
      return "it is from \(sender.local.prefix(64)), whom nobody answers"
    }
    return nil
  }

  static func isReport(_ header: MailHeader) -> Bool {
    guard let type = header.first("content-type") else { return false }
    return MailParameters(type).value == "multipart/report"
  }

  // MARK: - The secret address

  private static func isAddressed(
    _ header: MailHeader, to own: String, secret: String, _ isEqual: ([UInt8], [UInt8]) -> Bool
  ) -> Bool {
    guard let at = own.utf8.lastIndex(of: 0x40) else { return false }
    let local = MailBytes.lower(own.utf8[..<at])
    let domain = MailBytes.lower(own.utf8[at...].dropFirst())
    for name in ["delivered-to", "x-original-to", "envelope-to", "to", "cc"] {
      for value in header.all(name).prefix(20) {
        for address in MailAddress.list(value) ?? [] where address.domain == domain {
          let bytes = Array(address.local.utf8)
          guard let plus = bytes.firstIndex(of: UInt8(ascii: "+")), MailBytes.lower(bytes[..<plus]) == local
          else { continue }
          if isEqual(Array(bytes[(plus + 1)...]), Array(secret.utf8)) { return true }
        }
      }
    }
    return false
  }
}
