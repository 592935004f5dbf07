/// What our own server has found out about who sent a mail (RFC 8601).
package struct AuthenticationResults: Sendable, Equatable {
  /// One method and what it found.
  package struct Result: Sendable, Equatable {
    /// `dkim`, `spf`, `dmarc`, `auth`, in lower case.
    package var method: String
    /// `pass`, `fail` and so on, in lower case.
    package var verdict: String
    /// What it is about, as `header.d`: names in lower case, values as they stand there.
    package var properties: [String: String]
  }

  /// Who found it out.
  package private(set) var server = ""
  /// What was found.
  package private(set) var results: [Result] = []

  /// Reads the value of a field; nil where it cannot be read.
  package init?(_ value: [UInt8]) {
    // No server writes as much.
    guard value.count <= 16_384 else { return nil }
    guard let pieces = Self.pieces(value), let first = pieces.first?.first, !first.isEmpty else { return nil }
    // A version may stand behind the name.
    guard pieces[0].count <= 2 else { return nil }
    server = MailBytes.lower(first)
    for words in pieces.dropFirst().prefix(100) {
      guard let head = words.first, let equals = head.firstIndex(of: 0x3D) else {
        if words.count == 1, MailBytes.lower(words[0]) == "none" { continue }
        return nil
      }
      // A version may stand behind the method: dkim/1=pass.
      let method = MailBytes.lower(head[..<equals].prefix { $0 != UInt8(ascii: "/") })
      var result = Result(
        method: method, verdict: MailBytes.lower(head[(equals + 1)...]), properties: [:])
      for word in words.dropFirst() {
        guard let equals = word.firstIndex(of: 0x3D) else { continue }
        let name = MailBytes.lower(word[..<equals])
        // Said twice it says nothing.
        result.properties[name] = result.properties[name] == nil ? MailBytes.text(word[(equals + 1)...]) : ""
      }
      results.append(result)
    }
  }

  /// The words between semicolons; comments are left out, quotes taken off.
  ///
  /// nil where one is not closed.
  private static func pieces(_ bytes: [UInt8]) -> [[[UInt8]]]? {
    var pieces: [[[UInt8]]] = [[]]
    var word: [UInt8] = []
    var hasWord = false
    var depth = 0
    var place = 0
    // What stands around an equals sign belongs to it, with or without blanks.
    func finish() {
      if hasWord {
        if let last = pieces[pieces.count - 1].last, last.last == 0x3D || word.first == 0x3D {
          pieces[pieces.count - 1][pieces[pieces.count - 1].count - 1] = last + word
        } else {
          pieces[pieces.count - 1].append(word)
        }
      }
      word = []
      hasWord = false
    }
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      if depth > 0 {
        if byte == 0x5C { place += 1 }
        if byte == 0x28 { depth += 1 }
        if byte == 0x29 { depth -= 1 }
        continue
      }
      switch byte {
      case 0x28:
        finish()
        depth = 1
      case 0x29: return nil
      case 0x22:
        hasWord = true
        var isClosed = false
        while place < bytes.count {
          let inner = bytes[place]
          place += 1
          if inner == 0x22 {
            isClosed = true
            break
          }
          if inner == 0x5C, place < bytes.count {
            word.append(bytes[place])
            place += 1
          } else {
            word.append(inner)
          }
        }
        guard isClosed else { return nil }
      case 0x3B:
        finish()
        pieces.append([])
      case 0x20, 0x09, 0x0D, 0x0A: finish()
      default:
        hasWord = true
        word.append(byte)
      }
    }
    guard depth == 0 else { return nil }
    finish()
    while pieces.count > 1, pieces.last?.isEmpty == true { pieces.removeLast() }
    return pieces.dropFirst().contains { $0.isEmpty } ? nil : pieces
  }

  /// Why the address in From is that of the sender; nil where nothing here proves it.
  ///
  /// A domain above the one in From may vouch for it, one beside or below it may not: what shares a domain's
  /// end need not share its owner.
  package func proof(of sender: MailAddress) -> String? {
    let domain = sender.domain
    // One that failed counts before all that passed.
    guard !results.contains(where: { $0.method == "dmarc" && ["fail", "permerror"].contains($0.verdict) })
    else {
      return nil
    }
    for result in results where result.verdict == "pass" {
      switch result.method {
      case "dmarc":
        guard let from = result.properties["header.from"], Self.vouches(from, for: domain) else { continue }
        return "dmarc=pass header.from=\(MailBytes.lower(from.utf8))"
      case "dkim":
        let named = result.properties["header.d"] ?? result.properties["header.i"].map(Self.domain)
        guard let signer = named, Self.vouches(signer, for: domain) else { continue }
        return "dkim=pass header.d=\(MailBytes.lower(signer.utf8))"
      case "auth":
        // Whoever has an account on our own server has logged in there, as the one in From.
        guard let user = result.properties["smtp.auth"],
          MailBytes.lower(user.utf8) == MailBytes.lower(sender.address.utf8)
        else { continue }
        return "auth=pass smtp.auth"
      default: continue
      }
    }
    return nil
  }

  private static func domain(_ identity: String) -> String {
    let bytes = Array(identity.utf8)
    guard let at = bytes.lastIndex(of: 0x40) else { return "" }
    return MailBytes.text(bytes[(at + 1)...])
  }

  static func vouches(_ name: String, for domain: String) -> Bool {
    let name = MailBytes.lower(name.utf8)
    guard name.utf8.contains(UInt8(ascii: ".")) else { return name == domain && !name.isEmpty }
    return name == domain || domain.hasSuffix(".\(name)")
  }
}
