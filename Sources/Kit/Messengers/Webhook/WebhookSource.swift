internal import Console
package import Delivery
internal import JSON
internal import Journal
internal import Network
internal import Settings
package import Stage
internal import System
internal import Web
internal import Wire

package import class Delivery.Account

/// What programs post to us: CI, alert managers, anything that can sign a request or keep a secret.
package final class WebhookSource: Source {
  package let platform = "webhook"
  package let account: String

  private let name: String
  private let stage: Stage
  private let server: HTTPServer
  private let proof: WebhookProof
  private let template: WebhookTemplate?
  private let speaker: WebhookSpeaker
  private let reply: WebhookReply?
  /// Whether who posts shows its user what we answer.
  private let isShown: Bool
  private let path: String
  private var receiver: Receiver?
  private var isPaused = false
  private var isStopping = false

  /// The source of an account.
  ///
  /// - Throws: `Failure`.
  package init(_ account: Account, _ stage: Stage, _ options: SourceOptions) throws {
    self.account = account.account
    name = account.name
    self.stage = stage
    guard let server = options.listen else {
      throw Failure.usage("\(account.name): there is nowhere to post to", hint: "say --listen 127.0.0.1:8080")
    }
    self.server = server
    let word = try account.text("verify") ?? "standard"
    guard let scheme = WebhookScheme(rawValue: word) else {
      throw account.failure(
        "verify", "expected one of \(WebhookScheme.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let header = try account.text("header")
    guard header == nil || scheme == .token else {
      throw account.failure("header", "only \"verify\": \"token\" has a header of its own")
    }
    let secret = try account.needSecret("secret")
    guard secret.utf8.count >= 16 else {
      throw account.failure(
        "secret", "expected at least 16 characters", hint: "openssl rand -hex 32 makes one")
    }
    guard let proof = WebhookProof(scheme, secret: secret, header: header) else {
      throw account.failure("secret", "what stands behind whsec_ is not Base64")
    }
    self.proof = proof
    let words = try account.text("text")
    do throws(WebhookTemplate.Fault) {
      if let words { template = try WebhookTemplate(words) } else { template = nil }
    } catch {
      throw account.failure("text", error.reason)
    }
    reply = try WebhookReply(account)
    isShown = reply != nil || scheme == .slack
    speaker = try WebhookSpeaker(account, stage.settings, answersBack: reply != nil)
    path = try account.text("path") ?? (account.account.isEmpty ? "/webhook" : "/webhook/\(account.account)")
    guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw account.failure("path", "expected a path that begins with a slash")
    }
  }

  package func start(_ receiver: Receiver) throws {
    self.receiver = receiver
    guard !server.has(path) else {
      throw Failure(
        .configuration, "account \"\(name)\": the path \(path) is taken by another source",
        hint: "give it a \"path\" of its own")
    }
    server.route("POST", path) { [weak self] exchange in try self?.take(exchange) }
    receiver.status(of: self, state: "connected", text: "listening at \(server.address), path \(path)")
  }

  package func pause() { isPaused = true }
  package func resume() { isPaused = false }

  package func stop() throws {
    isStopping = true
    receiver?.ended(self)
  }

  private func take(_ exchange: HTTPExchange) throws {
    guard let receiver, !isPaused, !isStopping else {
      // Whoever posts tries again, as for any server that is busy.
      return exchange.respond(503, headers: [("Retry-After", "5")])
    }
    // Header lines that come twice could mean one thing to a proxy and another to us.
    let verdict = try proof.check(
      { name in
        let values = exchange.headers.filter { $0.name == name }
        return values.count == 1 ? values[0].value : nil
      }, exchange.body, now: stage.journal.clock.now().milliseconds)
    guard case .genuine(let known) = verdict else {
      if case .refused(let why) = verdict {
        Log.notice("a request was refused", [("account", name), ("peer", exchange.peer), ("reason", why)])
        exchange.respond(401, text: "\(why)\n")
      }
      return
    }
    let body: WebhookBody
    do {
      body = try WebhookBody(exchange, isParsed: template != nil || reply != nil || speaker.isPosted)
    } catch let error as JSONError {
      return exchange.respond(400, text: "the body is not JSON: \(error)\n")
    }
    try take(body, exchange, event: known ?? stage.maker.id(), receiver)
  }

  private func take(
    _ body: WebhookBody, _ exchange: HTTPExchange, event: String, _ receiver: Receiver
  ) throws {
    var text = template?.text(body.value) { exchange.header($0) } ?? body.words(isWhole: reply == nil)
    let url = reply?.address(in: body.value) { exchange.header($0) }
    if let url { text = WebhookReply.hide(url, in: text) }
    guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
      // Such as GitHub's first call, which is only a test.
      return exchange.respond(isShown ? 200 : 204)
    }
    guard let said = speaker.said(body.value, header: { exchange.header($0) }) else {
      return exchange.respond(400, text: "the body does not say who speaks, or where\n")
    }
    var heard = Heard(
      event: event, session: said.session, from: said.from, isGroup: said.isGroup, text: text,
      origin: JSONObject([("webhook", .string(name))]))
    if let event = exchange.header("x-github-event") { heard.origin["event"] = .string(event) }
    heard.handle = url.flatMap { reply?.handle($0, now: stage.journal.clock.now()) }
    if let handle = heard.handle { heard.origin["reply"] = .string(try Handles.mark(of: handle.value)) }
    try receiver.accept(heard, of: self) { [isShown] isNew in
      // Where people would read our answer there is none.
      guard !isShown else { return exchange.respond(200) }
      exchange.respond(
        200, json: Array((isNew ? #"{"accepted":true}"# : #"{"accepted":true,"known":true}"#).utf8))
    }
  }
}
