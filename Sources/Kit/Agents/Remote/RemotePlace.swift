internal import JSON
internal import Network

/// Where a remote agent is, once its card was read there.
struct RemotePlace: Equatable {
  /// The address that its paths stand behind, without a slash at the end.
  var endpoint: String
  /// Its name as its card has it.
  var name: String
}

/// Why a remote agent gives no answer, for the person.
struct RemoteFailure: Error, Equatable {
  var code: String
  var text: String
}

/// Finds an agent: by its card, else by the list of agents of its host.
final class RemoteFinder {
  private let client: HTTPClient
  private let agent: String
  private let headers: [(name: String, value: String)]
  private let done: (Result<RemotePlace, RemoteFailure>) throws -> Void
  private var transfer: HTTPTransfer?
  private var isCancelled = false

  /// A finder for an agent; `done` is called once, unless it is cancelled.
  init(
    _ client: HTTPClient, agent: String, headers: [(name: String, value: String)],
    done: @escaping (Result<RemotePlace, RemoteFailure>) throws -> Void
  ) {
    (self.client, self.agent, self.headers, self.done) = (client, agent, headers, done)
  }

  func cancel() {
    isCancelled = true
    transfer?.cancel()
  }

  /// Looks for the agent at an address.
  func find(at url: String) {
    let base = Self.withoutSlash(url)
    card(at: base) { [self] result in
      switch result {
      case .success(let place?): try done(.success(place))
      case .success(nil): list(at: base)
      case .failure(let failure): try done(.failure(failure))
      }
    }
  }

  static func withoutSlash(_ url: String) -> String {
    var url = url
    while url.utf8.last == UInt8(ascii: "/") { url.removeLast() }
    return url
  }

  /// Reads a card; nil where there is none.
  private func card(at base: String, _ then: @escaping (Result<RemotePlace?, RemoteFailure>) throws -> Void) {
    get(base + "/agent/card") { [agent] result in
      switch result {
      case .failure(let failure): try then(.failure(failure))
      case .success(let object):
        guard let name = object?["name"]?.string, !name.isEmpty else { return try then(.success(nil)) }
        try then(
          .success(RemotePlace(endpoint: base, name: name == agent ? agent : String(name.prefix(100)))))
      }
    }
  }

  private func list(at base: String) {
    get(base + "/.well-known/acp") { [self] result in
      let object: JSONObject?
      switch result {
      case .failure(let failure): return try done(.failure(failure))
      case .success(let found): object = found
      }
      let entries = (object?["agents"]?.array ?? []).prefix(1000).compactMap(\.object)
        .filter { $0["enabled"]?.bool != false }
      let named = entries.filter { entry in
        entry["name"]?.string == agent || (entry["aliases"]?.array ?? []).contains { $0.string == agent }
      }
      guard let entry = named.first ?? (entries.count == 1 ? entries.first : nil) else {
        let why =
          entries.isEmpty
          ? "there is no agent: neither its card (agent/card) nor a list of agents (.well-known/acp)"
          : "there are \(entries.count) agents and none is named \(agent)"
        return try done(.failure(failure("not_found", why)))
      }
      guard let endpoint = place(of: entry, from: base) else {
        return try done(
          .failure(
            failure("not_found", "its list of agents names another host; configure that address itself")))
      }
      card(at: endpoint) { [self] result in
        switch result {
        case .success(let place?): try done(.success(place))
        case .success(nil):
          try done(.failure(failure("not_found", "the agent of that name has no card (agent/card)")))
        case .failure(let failure): try done(.failure(failure))
        }
      }
    }
  }

  /// Where an entry of the list says that its agent is: the list is not trusted to send credentials elsewhere.
  private func place(of entry: JSONObject, from base: String) -> String? {
    guard let text = entry["endpoint"]?.string, let own = try? WebAddress(base) else { return nil }
    let whole = text.hasPrefix("/") && !text.hasPrefix("//") ? own.origin + text : text
    guard let address = try? WebAddress(whole), address.query == nil else { return nil }
    return address.origin == own.origin ? Self.withoutSlash(address.full) : nil
  }

  /// The object at an address; nil where there is none.
  private func get(_ url: String, _ then: @escaping (Result<JSONObject?, RemoteFailure>) throws -> Void) {
    guard !isCancelled else { return }
    var request = HTTPRequest("GET", url, headers: headers + [("Accept", "application/json")])
    (request.limits.body, request.limits.total) = (1 << 20, 20_000)
    transfer = client.send(request) { [self] result in
      guard !isCancelled else { return }
      switch result {
      case .failure(let error):
        try then(.failure(RemoteFailure(code: "unreachable", text: "\(agent) cannot be reached: \(error)")))
      case .success(let response):
        if let failure = RemoteFailure(refusal: response, agent: agent) { return try then(.failure(failure)) }
        guard response.head.isSuccess else { return try then(.success(nil)) }
        try then(.success((try? JSONReader.parse(response.body, limits: RemoteReply.limits))?.object))
      }
    }
  }

  private func failure(_ code: String, _ why: String) -> RemoteFailure {
    RemoteFailure(code: code, text: "\(agent) is not where agents.\(agent).url of config.json says: \(why).")
  }
}

extension RemoteFailure {
  /// What a status says that is the same for every request; nil where it depends.
  init?(refusal response: HTTPResponse, agent: String) {
    switch response.status {
    case 401, 403:
      self.init(
        code: "unauthorized",
        text:
          "\(agent) does not accept who we are (status \(response.status)): check agents.\(agent).token or "
          + "agents.\(agent).key in config.json.\(Self.said(response))")
    case 407:
      self.init(code: "unreachable", text: "A proxy wants to know who we are (status 407).")
    case 500...599:
      self.init(
        code: "unavailable",
        text: "\(agent) has a problem of its own (status \(response.status)).\(Self.said(response))")
    default: return nil
    }
  }

  /// What the server itself says, as the end of a text.
  static func said(_ response: HTTPResponse) -> String {
    let object = (try? JSONReader.parse(response.body, limits: RemoteReply.limits))?.object
    guard let words = RemoteReply.words(object?["error"] ?? object?["message"] ?? object?["detail"]) else {
      return ""
    }
    return "\n\(words)"
  }
}
