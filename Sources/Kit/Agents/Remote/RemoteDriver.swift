internal import Console
internal import Network
internal import Settings
package import Stage
internal import Store
internal import System
package import Turns
internal import Wire

/// An agent on another machine, over HTTP.
///
/// What it does there is not seen here: its own tools are not gated. Its host must be of the public network and
/// speak TLS, unless `allow_hosts` names it.
package final class RemoteDriver: Driver {
  package let agent: String
  private let stage: Stage
  private var runs: [String: RemoteTurn] = [:]
  private var client: (reach: Reach, client: HTTPClient)?
  private var place: (url: String, place: RemotePlace)?
  private var secret: (credential: Credential, text: String)?

  /// A driver of a stage.
  ///
  /// - Throws: `Failure` where the configuration of the agent cannot be used.
  package init(agent: String, stage: Stage) throws {
    self.agent = agent
    self.stage = stage
    let settings = stage.settings.agent(agent)
    _ = try Self.address(settings)
    // A program that tells a secret may take its time now, and not while turns run.
    _ = try headers(settings)
  }

  package var resumes: Bool { true }

  package func begin(_ turn: Turn) throws {
    let settings = turn.settings
    guard !turn.isPlan else {
      return turn.fail(
        code: "plan_mode",
        "\(agent) works on another machine, where nothing keeps it from changing things: it is not asked in "
          + "plan mode.")
    }
    let address = try Self.address(settings)
    let headers = try headers(settings)
    let reach = Reach.publicOnly(allowedNames: settings.allowedHosts)
    let client = client(reach)
    let run = RemoteTurn(turn, client, url: address.full, headers: headers, loop: stage.loop) { [stage] in
      stage.maker.id()
    }
    runs[turn.row.id] = run
    run.onFound = { [weak self] found in self?.place = found.map { (address.full, $0) } }
    run.onUnauthorized = { [weak self] in self?.secret = nil }
    run.onEnd = { [weak self] in self?.runs[turn.row.id] = nil }
    run.start(at: place.flatMap { $0.url == address.full ? $0.place : nil })
  }

  package func abort(_ turn: Turn) { runs[turn.row.id]?.abort() }

  private func client(_ reach: Reach) -> HTTPClient {
    // Connections that were made under other rules are not used again.
    if let client, client.reach == reach { return client.client }
    var options = HTTPClient.Options(reach: reach)
    options.userAgent = "agim/\(Command.version)"
    let made = HTTPClient(stage.loop, options)
    client = (reach, made)
    return made
  }

  // MARK: - Configuration

  private static func address(_ settings: AgentSettings) throws -> WebAddress {
    guard let url = settings.url else {
      throw Failure(
        .configuration, "agent \(settings.name): no address",
        hint: "say \"url\" in agents.\(settings.name) of config.json")
    }
    let address: WebAddress
    do {
      address = try WebAddress(url)
    } catch {
      throw Failure(.configuration, "agents.\(settings.name).url in config.json: \(error)")
    }
    guard address.query == nil else {
      throw Failure(
        .configuration, "agents.\(settings.name).url in config.json: an address without '?' is expected")
    }
    guard address.scheme == "https" || settings.allowedHosts.contains(address.host) else {
      throw Failure(
        .configuration, "agents.\(settings.name).url in config.json: everybody on the way can read http://",
        hint: "use https://, or name \(address.host) in agents.\(settings.name).allow_hosts")
    }
    return address
  }

  private func headers(_ settings: AgentSettings) throws -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    if let token = settings.token { headers.append(("Authorization", "Bearer \(try resolve(token))")) }
    if let key = settings.key { headers.append(("X-API-Key", try resolve(key))) }
    return headers
  }

  private func resolve(_ credential: Credential) throws -> String {
    guard case .command = credential else {
      return try credential.resolve(environment: stage.settings.environment)
    }
    if let secret, secret.credential == credential { return secret.text }
    let text = try credential.resolve(environment: stage.settings.environment)
    secret = (credential, text)
    return text
  }
}
