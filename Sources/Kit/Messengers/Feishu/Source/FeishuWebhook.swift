internal import Console
internal import Crypto
internal import Delivery
internal import FeishuWire
internal import JSON
internal import Network
internal import Stage
internal import System
internal import Web

internal import class Delivery.Account

/// Events that Feishu posts to us: who it is from is proved before anything of it is read.
final class FeishuWebhook {
  private let door: FeishuDoor
  private let path: String
  private var isStopping = false

  init(_ account: Account, app: String) throws {
    path = account.account.isEmpty ? "/feishu" : "/feishu/\(account.account)"
    let seal = try account.secret("encrypt_key").map { key throws in try FeishuSeal(key: key) }
    let token = try account.secret("verification_token")
    guard seal != nil || token != nil else {
      throw Failure(
        .configuration,
        "account \"\(account.name)\" has neither \"encrypt_key\" nor \"verification_token\": anybody could post"
          + " events",
        hint: "copy both from Feishu's console, Events and callbacks, Encryption strategy")
    }
    door = FeishuDoor(seal: seal, token: token, app: app)
  }

  /// Takes posts.
  func serve(
    _ server: HTTPServer, _ intake: FeishuIntake, publicURL: String?, onHeard: @escaping () -> Void
  ) throws {
    guard !server.has(path) else {
      throw Failure(.configuration, "feishu: two accounts want the path \(path)")
    }
    server.route("POST", path, bodyLimit: 4 << 20) { [weak self, weak intake] exchange in
      guard let self, let intake, !isStopping else { return exchange.respond(503) }
      try take(exchange, intake, onHeard)
    }
    Log.notice("listening for Feishu", [("url", (publicURL ?? "http://\(server.address)") + path)])
  }

  func stop() { isStopping = true }

  private func take(_ exchange: HTTPExchange, _ intake: FeishuIntake, _ onHeard: () -> Void) throws {
    let now = intake.stage.loop.clock.now()
    let request = FeishuDoor.Request(
      time: exchange.header("x-lark-request-timestamp"), nonce: exchange.header("x-lark-request-nonce"),
      signature: exchange.header("x-lark-signature"), body: exchange.body)
    let push: FeishuPush
    do {
      push = try door.open(request, now: now)
    } catch let refusal as FeishuDoor.Refusal {
      Log.warning("a post that is not Feishu's", [("from", exchange.peer), ("reason", refusal.reason)])
      return exchange.respond(refusal.status, text: refusal.reason)
    }
    onHeard()
    switch push {
    case .challenge(let text):
      var json = JSONWriter()
      json.beginObject()
      json.member("challenge", text)
      json.endObject()
      exchange.respond(200, json: json.bytes)
    case .event(let event):
      try intake.take(event) { reply in
        switch reply {
        case .taken(let result): exchange.respond(200, json: result ?? Array("{\"msg\":\"success\"}".utf8))
        case .again: exchange.respond(503)
        }
      }
    }
  }
}
