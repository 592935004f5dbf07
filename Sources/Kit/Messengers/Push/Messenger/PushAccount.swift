internal import Console
internal import Delivery
internal import JSON
internal import Network
internal import PushWire
internal import Settings

/// What an account says, looked up and checked before anything is sent.
enum PushAccount {
  /// The values of a service's keys.
  ///
  /// - Throws: `Failure` with status 78.
  static func values(of account: Account, _ service: PushService, _ settings: Settings) throws -> PushValues {
    var values: [String: String] = [:]
    for key in service.keys where key.name != PushService.headersKey {
      var value: String?
      if account.value(key.name) != nil || !service.isShared {
        value = key.isSecret ? try account.secret(key.name) : try text(key.name, account)
      } else if account.account.isEmpty {
        // The platform's other accounts have variables of their own for keys of the same name.
        value = key.variable.flatMap(settings.variable)
        if key.isSecret, let value { account.onSecret(value) }
      }
      if key.isNeeded, value == nil, !(key.alternative.map(account.isGiven) ?? false) {
        _ = try account.need(key.name)
      }
      values[key.name] = value
    }
    if let base = values["base_url"] { values["base_url"] = trimmed(base) }
    for name in ["url", "base_url", PushService.robotKey] {
      guard let value = values[name], name != PushService.robotKey || isAddress(value) else { continue }
      try check(value, name, account)
      values[name] = name == "url" ? trimmed(value) : value
    }
    return PushValues(values, headers: try headers(account))
  }

  private static func isAddress(_ text: String) -> Bool {
    text.hasPrefix("https://") || text.hasPrefix("http://")
  }

  /// Numbers may be written as such.
  private static func text(_ name: String, _ account: Account) throws -> String? {
    if let number = account.value(name)?.int { return "\(number)" }
    return try account.text(name)
  }

  private static func trimmed(_ url: String) -> String {
    var url = url
    while url.last == "/" { url.removeLast() }
    return url
  }

  private static func check(_ url: String, _ name: String, _ account: Account) throws {
    let address: WebAddress
    do {
      address = try WebAddress(url)
    } catch {
      throw account.failure(name, "\(error)")
    }
    guard address.scheme == "http", try account.flag("insecure") != true else { return }
    guard ["127.0.0.1", "localhost", "::1"].contains(address.host) else {
      throw account.failure(
        name, "what goes to \(address.host) could be read on its way",
        hint: "write https://, or \"insecure\": true if you know that the way is safe")
    }
  }

  private static func headers(_ account: Account) throws -> [(name: String, value: String)] {
    guard let value = account.value(PushService.headersKey) else { return [] }
    guard let object = value.object else {
      throw account.failure(PushService.headersKey, "expected an object of header lines")
    }
    return try object.members.map { name, value in
      guard let text = value.string else {
        throw account.failure(PushService.headersKey, "expected a text for each header line")
      }
      account.onSecret(text)
      return (name, text)
    }
  }
}
