package import Console
package import Delivery
package import Network

/// What an account says that both sending and receiving need.
package struct EmailAccount {
  /// The account.
  package let account: Account
  /// Its own address.
  package let address: String
  /// The domain of it, in lower case.
  package let domain: String
  /// How much a mail may have, in bytes.
  package let maxSize: Int
  /// How long a server may take for an answer, in milliseconds.
  package let patience: Int64
  /// What stands behind the plus sign of the address that only trusted people know; nil for none.
  package let secret: String?

  /// Reads it.
  ///
  /// - Throws: `Failure` with status 78 that names account and key.
  package init(_ account: Account) throws {
    self.account = account
    address = try account.need("address")
    guard let domain = Self.domain(of: address) else {
      throw account.failure("address", "expected an address such as bot@example.org")
    }
    self.domain = domain
    maxSize = try account.number("max_size", in: 1024...(1 << 30)) ?? 25 << 20
    patience = Int64(try account.number("timeout", in: 1...3600) ?? 300) * 1000
    secret = try account.secret("address_secret")
    guard secret?.utf8.allSatisfy(Self.isAtom) ?? true else {
      throw account.failure("address_secret", "expected letters, digits, hyphens and underscores alone")
    }
    guard secret.map({ $0.utf8.count >= 8 }) ?? true else {
      throw account.failure("address_secret", "shorter than 8 characters: it could be guessed")
    }
  }

  private static func isAtom(_ byte: UInt8) -> Bool {
    byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == 0x2D || byte == 0x5F
  }

  /// How the account reaches one of its servers.
  ///
  /// - Throws: `Failure` with status 78.
  package func options(_ key: String, _ schemes: [MailServer.Scheme]) throws -> MailConnection.Options {
    let server: MailServer
    do {
      let text = try account.need(key)
      server = try MailServer(Self.withScheme(text, schemes), schemes: schemes)
    } catch let fault as WebAddress.Fault {
      throw account.failure(
        key, fault.description, hint: "write for example \(schemes[0].rawValue)://mail.example.org")
    }
    var options = MailConnection.Options(server, login: try login())
    if let flag = try account.flag("starttls") {
      guard flag || server.isLoopback else {
        throw account.failure("starttls", "what goes to \(server.host) could be read on its way")
      }
      options.requiresTLS = flag
    }
    options.patience = min(60_000, patience)
    return options
  }

  /// A server's address of which only host and port are written: TLS comes first, but for the ports that are
  /// known for STARTTLS.
  private static func withScheme(_ text: String, _ schemes: [MailServer.Scheme]) -> String {
    var rest = text.utf8[...]
    while let colon = rest.firstIndex(of: 0x3A) {
      rest = rest[colon...]
      if rest.starts(with: "://".utf8) { return text }
      rest = rest.dropFirst()
    }
    let isClear = [":25", ":587", ":2525", ":143"].contains { text.hasSuffix($0) }
    let scheme = schemes.first { ($0 == .smtps || $0 == .imaps) != isClear } ?? schemes[0]
    return "\(scheme.rawValue)://\(text)"
  }

  private func login() throws -> MailLogin? {
    let user = try account.text("user") ?? address
    // A line end would end the command that it stands in.
    guard !user.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw account.failure("user", "it holds a control character")
    }
    let mechanism = try account.text("auth")?.uppercased()
    guard
      mechanism.map({
        ["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER", "CRAM-MD5", "SCRAM-SHA-256"].contains($0)
      }) ?? true
    else {
      throw account.failure("auth", "expected plain, login, cram-md5, scram-sha-256, xoauth2 or oauthbearer")
    }
    let isToken = mechanism == "XOAUTH2" || mechanism == "OAUTHBEARER"
    if let token = try account.secret("token") {
      guard mechanism == nil || isToken else {
        throw account.failure("auth", "a \"token\" is for xoauth2 or oauthbearer")
      }
      return MailLogin(user: user, proof: .bearer(token), mechanism: mechanism)
    }
    guard let password = try account.secret("password") else { return nil }
    guard !isToken else { throw account.failure("auth", "\(mechanism ?? "") needs a \"token\"") }
    guard !password.utf8.contains(0) else { throw account.failure("password", "it holds a NUL") }
    return MailLogin(user: user, proof: .password(password), mechanism: mechanism)
  }

  /// The domain of an address that may stand in a command or a header, in lower case; nil where it is none.
  ///
  /// Nothing of it can end a line or add a recipient.
  package static func domain(of address: String) -> String? {
    let bytes = Array(address.utf8)
    guard bytes.count <= 320, let at = bytes.firstIndex(of: 0x40), at == bytes.lastIndex(of: 0x40), at > 0,
      at <= 64, bytes[..<at].allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"<>,;:\\\"()[]".utf8.contains($0) })
    else { return nil }
    let domain = bytes[(at + 1)...]
    guard !domain.isEmpty, domain.count <= 253, domain.first != 0x2E, domain.last != 0x2E,
      domain.allSatisfy({ $0 == 0x2E || isAtom($0) })
    else { return nil }
    return String(decoding: domain, as: UTF8.self).lowercased()
  }

  /// What a fatal refusal of a login means for the command.
  package func failure(_ error: MailError) -> Failure {
    let key = account.isGiven("token") ? "token" : "password"
    let hint =
      error.kind == .login
      ? "check \"user\" and \"\(key)\" of account \"\(account.name)\" in config.json" : error.hint
    return Failure(
      error.kind == .login ? .notPermitted : .configuration, "email: \(error.server): \(error.reason)",
      hint: hint)
  }
}
