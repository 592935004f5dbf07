internal import Network
package import Settings

/// Where the calls of an endpoint are, from what a person wrote as its address.
///
/// People paste it with and without a slash at its end, with and without the path of a call, with and without
/// the version.
package enum ModelAddress {
  /// What is called.
  package enum Call: String, Sendable, CaseIterable {
    /// Text for a prompt.
    case chat
    /// Vectors of texts.
    case embeddings
    /// Text of a recording.
    case transcriptions
  }

  /// Why a text is no address of an endpoint; it never quotes the text.
  package struct Fault: Error, Equatable, Sendable {
    /// What is wrong, in words.
    package let reason: String
  }

  /// The whole address of a call.
  ///
  /// - Throws: `Fault`.
  package static func url(
    _ base: String, _ api: ModelSettings.API, _ call: Call
  ) throws(Fault) -> String {
    let address = try parse(base)
    var path = stripped(address.path)
    for ending in endings(api) where path.hasSuffix(ending) {
      path = stripped(String(path.dropLast(ending.count)))
    }
    // The one version that all of them have; those without it have another path anyway.
    if api == .openai, path.isEmpty { path = "/v1" }
    return address.origin + path + ending(api, call) + (address.query.map { "?\($0)" } ?? "")
  }

  /// Where the endpoint is, for people.
  package static func shown(_ base: String) -> String {
    (try? WebAddress(base))?.shown ?? "(a wrong address)"
  }

  /// Whether a key would go there in the clear, to another machine.
  package static func isOpen(_ base: String) -> Bool {
    (try? WebAddress(base))?.scheme == "http" && !isHere(base)
  }

  /// Whether the endpoint is on this machine, which no proxy can reach.
  static func isHere(_ base: String) -> Bool {
    guard let host = (try? WebAddress(base))?.host else { return false }
    return host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }

  private static func parse(_ base: String) throws(Fault) -> WebAddress {
    do {
      return try WebAddress(base)
    } catch {
      throw Fault(reason: error.description)
    }
  }

  private static func endings(_ api: ModelSettings.API) -> [String] {
    switch api {
    case .openai:
      ["/chat/completions", "/completions", "/embeddings", "/audio/transcriptions", "/responses", "/models"]
    case .anthropic: ["/messages", "/v1"]
    }
  }

  private static func ending(_ api: ModelSettings.API, _ call: Call) -> String {
    switch (api, call) {
    case (.anthropic, _): "/v1/messages"
    case (.openai, .chat): "/chat/completions"
    case (.openai, .embeddings): "/embeddings"
    case (.openai, .transcriptions): "/audio/transcriptions"
    }
  }

  private static func stripped(_ path: String) -> String {
    var path = path[...]
    while path.last == "/" { path.removeLast() }
    return String(path)
  }
}
