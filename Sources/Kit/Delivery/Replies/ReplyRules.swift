internal import Console
package import JSON
internal import Network
internal import Settings
internal import Text

/// What an account says under `reply`: messages bring an address with them to which they are answered.
package struct ReplyRules: Sendable {
  /// In which form the text of an answer stands there.
  package enum Form: String, Sendable, CaseIterable { case plain, markdown, slack, discord }

  /// How the address is made of what was posted: the text of a template.
  package let url: String
  /// The servers that are posted to, each a host with its port where that is not 443.
  package let hosts: [String]
  /// Milliseconds for which an address is good.
  package let expires: Int64
  /// For how many answers it is good.
  package let uses: Int64
  /// In which form the text is wanted.
  package let form: Form
  /// How long a text may be, in UTF-16 units.
  package let limit: Int
  private let body: JSONValue

  // An address that has hardly begun when it ends could never be used.
  private static let leastTime: Int64 = 10_000
  private static let mostTime: Int64 = 7 * 86_400_000

  /// Where the text stands in `body`.
  private static let place = "{{text}}"

  /// The rules of an account; nil where it has none.
  ///
  /// - Throws: `Failure` with status 78.
  package init?(_ account: Account) throws {
    guard let value = account.value("reply") else { return nil }
    func wrong(_ words: String) -> Failure { account.failure("reply", words) }
    guard let object = value.object else { throw wrong("expected an object with \"url\" and \"hosts\"") }
    let known = ["url", "hosts", "expires", "uses", "form", "limit", "body"]
    for (name, _) in object.members where !known.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
      throw wrong("'\(displayEscaped(String(name)))' is none of \(known.joined(separator: ", "))")
    }
    guard let url = object["url"]?.string, !url.isEmpty else {
      throw wrong("expected \"url\": where the address stands in what is posted, such as {{.response_url}}")
    }
    let hosts = (object["hosts"]?.array ?? []).map { $0.string ?? "" }
    guard !hosts.isEmpty, hosts.count <= 64, hosts.allSatisfy(Self.isHost) else {
      throw wrong("expected \"hosts\": a list of servers that may be posted to, such as hooks.slack.com")
    }
    let time = object["expires"] ?? "30m"
    guard let expires = DurationText.parse(time.string ?? time.int.map { "\($0)" } ?? ""),
      (Self.leastTime...Self.mostTime).contains(expires.milliseconds)
    else { throw wrong("expected a duration from 10s to 7d in \"expires\"") }
    guard let uses = (object["uses"] ?? 5).int, (1...1_000_000).contains(uses) else {
      throw wrong("expected a whole number from 1 to 1000000 in \"uses\"")
    }
    guard let form = Form(rawValue: (object["form"] ?? "plain").string ?? "") else {
      throw wrong("expected one of \(Form.allCases.map(\.rawValue).joined(separator: ", ")) in \"form\"")
    }
    guard let limit = (object["limit"] ?? (form == .discord ? 2000 : 4000)).int,
      (100...100_000).contains(limit)
    else { throw wrong("expected a whole number from 100 to 100000 in \"limit\"") }
    let body = object["body"] ?? Self.body(form)
    guard body.object != nil, Self.holds(body) else {
      throw wrong("expected an object in \"body\", with \(Self.place) in one of its texts")
    }
    (self.url, self.hosts, self.form, self.limit, self.body) = (url, hosts, form, limit, body)
    (self.expires, self.uses) = (expires.milliseconds, Int64(uses))
  }

  /// Why nothing may be posted to an address; nil where it may.
  ///
  /// The words hold nothing of it but its server.
  package func refusal(of url: String) -> String? {
    let address: WebAddress
    do throws(WebAddress.Fault) {
      address = try WebAddress(url)
    } catch {
      return "it is none: \(error.description)"
    }
    let isHere = address.host == "localhost" || NetworkAddress(address.host)?.isLoopback == true
    guard address.scheme == "https" || isHere else {
      return "it begins with http://, so that what goes to \(address.host) could be read on its way"
    }
    let server = Self.server(address)
    guard hosts.contains(where: { $0.lowercased() == server }) else {
      return "\"hosts\" of the account does not name \(server)"
    }
    return nil
  }

  /// What is posted for a text.
  package func body(_ text: String) -> JSONValue { Self.fill(body, text) }

  // MARK: - Parts

  /// A server as `hosts` names it: its port stands there where it is not 443.
  private static func server(_ address: WebAddress) -> String {
    let host = address.host.utf8.contains(UInt8(ascii: ":")) ? "[\(address.host)]" : address.host
    return address.port == 443 ? host : "\(host):\(address.port)"
  }

  private static func isHost(_ text: String) -> Bool {
    guard let address = try? WebAddress("https://\(text)/") else { return false }
    return server(address) == text.lowercased()
  }

  private static func body(_ form: Form) -> JSONValue {
    // Nobody is called by what an agent writes.
    form == .discord
      ? ["content": .string(place), "allowed_mentions": ["parse": []]] : ["text": .string(place)]
  }

  private static func holds(_ value: JSONValue) -> Bool {
    switch value {
    case .string(let text): pieces(text).count > 1
    case .array(let items): items.contains(where: holds)
    case .object(let object): object.members.contains { holds($0.value) }
    default: false
    }
  }

  private static func fill(_ value: JSONValue, _ text: String) -> JSONValue {
    switch value {
    case .string(let words): .string(pieces(words).joined(separator: text))
    case .array(let items): .array(items.map { fill($0, text) })
    case .object(let object): .object(JSONObject(object.members.map { ($0.name, fill($0.value, text)) }))
    default: value
    }
  }

  /// What stands around the places of the text.
  private static func pieces(_ words: String) -> [String] {
    var found: [String] = []
    var rest = Array(words.utf8)[...]
    var piece: [UInt8] = []
    let mark = Array(place.utf8)
    while let byte = rest.first {
      if rest.starts(with: mark) {
        found.append(String(decoding: piece, as: UTF8.self))
        piece = []
        rest = rest.dropFirst(mark.count)
      } else {
        piece.append(byte)
        rest = rest.dropFirst()
      }
    }
    return found + [String(decoding: piece, as: UTF8.self)]
  }
}
