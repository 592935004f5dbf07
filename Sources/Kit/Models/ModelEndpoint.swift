package import Console
package import JSON
package import Network
package import Settings
package import System
internal import Text

/// An endpoint, ready to be asked: a role's settings that are complete, and its secrets.
package struct ModelEndpoint: Sendable {
  /// The role.
  package let settings: ModelSettings
  /// The whole address of the call.
  package let url: String
  /// The model it is asked to use.
  package let model: String
  /// Its header lines with their secrets.
  private let headers: [(name: String, value: String)]
  private let secrets: [String]

  /// Looks up the secrets of a role; `isShown`: they are not looked up, as nothing is sent.
  ///
  /// - Throws: `Failure` with status 78; 69 where a program that gives a secret fails.
  package init(
    _ settings: ModelSettings, _ call: ModelAddress.Call, environment: [String: String], isShown: Bool = false
  ) throws {
    if let fault = settings.fault(for: call) { throw fault }
    self.settings = settings
    model = settings.model ?? settings.standardModel(for: call) ?? ""
    do {
      url = try ModelAddress.url(settings.baseURL ?? "", settings.api, call)
    } catch {
      throw Failure(.configuration, "models.\(settings.name).base_url: \(error.reason)")
    }
    var headers: [(name: String, value: String)] = []
    var secrets: [String] = []
    func add(_ name: String, _ prefix: String, _ credential: Credential) throws {
      let secret = isShown ? "***" : try credential.resolve(environment: environment)
      if !isShown { secrets.append(secret) }
      headers.append((name, prefix + secret))
    }
    if let key = settings.key {
      switch settings.auth ?? (settings.api == .anthropic ? .xAPIKey : .bearer) {
      case .bearer: try add("Authorization", "Bearer ", key)
      case .xAPIKey: try add("x-api-key", "", key)
      case .apiKey: try add("api-key", "", key)
      }
    }
    let given = settings.headers.map { $0.name.lowercased() }
    if settings.api == .anthropic, !given.contains("anthropic-version") {
      headers.append(("anthropic-version", "2023-06-01"))
    }
    for (name, value) in settings.headers { try add(name, "", value) }
    (self.headers, self.secrets) = (headers, secrets)
  }

  /// A client for its requests.
  package func client(_ loop: EventLoop) -> HTTPClient {
    var options = HTTPClient.Options()
    options.usesProxies = !ModelAddress.isHere(url)
    return HTTPClient(loop, options)
  }

  /// A request with JSON as its body.
  package func request(_ body: JSONObject) -> HTTPRequest {
    var request = HTTPRequest("POST", url, json: Self.bytes(body), headers: headers)
    request.secrets = secrets
    return request
  }

  /// A request with a form as its body.
  package func request(_ form: Multipart) -> HTTPRequest {
    var request = HTTPRequest("POST", url, form: form, headers: headers)
    request.secrets = secrets
    return request
  }

  /// The members of a body with those that the configuration adds, which win.
  package func completed(_ body: JSONObject) -> JSONObject {
    var body = body
    for (name, value) in settings.extra.members { body[name] = value }
    return body
  }

  /// What a request would be, without its secrets.
  package func shown(_ body: JSONObject) -> JSONObject {
    var lines = JSONObject()
    for (name, value) in headers { lines[name] = .string(value) }
    // In a query there may be a secret.
    let address = (try? WebAddress(url)).map { $0.shown + ($0.query == nil ? "" : "?***") } ?? url
    return JSONObject([
      ("method", "POST"), ("url", .string(address)), ("headers", .object(lines)), ("body", .object(body)),
    ])
  }

  /// Words of the endpoint without our own secrets, and without what looks like one.
  package func scrubbed(_ text: String) -> String {
    Scrubber(exact: secrets).scrub(text).text
  }

  /// Why a call did not work, with what to do about it.
  package func failure(_ problem: ModelProblem) -> Failure {
    let role = settings.name
    let place = ModelAddress.shown(settings.baseURL ?? "")
    let status = problem.status.map { " (status \($0))" } ?? ""
    func made(_ code: ExitCode, _ what: String, _ hint: String?) -> Failure {
      Failure(
        code, "\(role): \(place) \(what)\(status): \(scrubbed(problem.message))", hint: hint ?? problem.hint)
    }
    switch problem.kind {
    case .unauthorized:
      return made(.notPermitted, "refuses the key", "check models.\(role).key in config.json")
    case .forbidden: return made(.notPermitted, "does not permit it", "see what the key may do there")
    case .billing: return made(.unavailable, "wants to be paid", "no use in trying again before")
    case .notFound:
      return made(
        .configuration, "does not have it",
        "check models.\(role).base_url and .model (\(Shown.quoted(model)))")
    case .tooLong: return made(.dataError, "finds it too long", "give it less, or use another model")
    case .invalid: return made(.configuration, "refuses the request", "see 'agim-model --dry-run \(role)'")
    case .rateLimit:
      let wait = problem.retryAfter.map { "try again in \(($0 + 999) / 1000) s" }
      return made(.temporary, "has had too many requests", wait ?? "try again later")
    case .overloaded: return made(.temporary, "has too much to do", "try again later")
    case .serverError: return made(.temporary, "has an error", "try again later")
    case .timeout:
      return made(
        .temporary, "took too long", "models.\(role).timeout and .idle_timeout say how long it may take")
    case .unreachable:
      return made(.temporary, "cannot be reached", "is it running, and is the address right?")
    case .broken: return made(.temporary, "broke off", "what came is not whole; try again")
    case .garbled: return made(.unavailable, "answers what is no answer", "is base_url that of an API?")
    case .tooLarge: return made(.unavailable, "answers too much", nil)
    case .refused: return made(.notPermitted, "does not want to answer", nil)
    case .empty: return made(.unavailable, "answered without any text", nil)
    }
  }

  static func bytes(_ body: JSONObject) -> [UInt8] {
    var json = JSONWriter()
    json.value(.object(body))
    return json.bytes
  }
}
