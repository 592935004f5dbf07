import Crypto
import FeishuWire
import System
import Testing

@Suite struct DoorTests {
  private static let key = "agim encrypt key"
  private static let challenge =
    "AAECAwQFBgcICQoLDA0OD7HnPfFD9Cw7+rml69BMbsCaeE2hOF8S2M8lk9kKLtnA1o47claNnIprneEUJ96IMiWyLSepTQ6dZNrM7TrnwAQ="
  private static let event =
    "AAECAwQFBgcICQoLDA0OD7qjY/dHTc1J7SLK8BIOm3mHycvAQUE2LPG8sAJ+fAnmdlL/gO32XB/PBFYTS3+bocH15jTgOQ3kabR0czYEyaeL"
    + "jXzATgFLhoZi6sdA1+cLghzfqVEBmFGnEY+QhRh1sA=="
  private static let time = Timestamp(milliseconds: 1_700_000_000_000)

  private static func request(
    _ sealed: String, signature: String? = nil, time: String? = "1700000000", nonce: String? = "n0nce"
  ) -> FeishuDoor.Request {
    FeishuDoor.Request(
      time: time, nonce: nonce, signature: signature, body: Array("{\"encrypt\":\"\(sealed)\"}".utf8))
  }

  private static let signatures = (
    challenge: "03f2b494183605bbfb535bea1f861c937b7b4f2ec857f2feffed7e54a5e1648f",
    event: "60eded7c2ee25ee111af503cf49a4b40f9c9d89b3869fef949a0d37b0533365c"
  )

  private static func refusal(_ body: () throws -> FeishuPush) -> FeishuDoor.Refusal? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? FeishuDoor.Refusal
    }
  }

  @Test("Feishu's own sample is decrypted")
  func sample() throws {
    let plain = try FeishuSeal(key: "test key").open("P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=")
    #expect(String(decoding: plain, as: UTF8.self) == "hello world")
  }

  @Test("the signature of a body, as Feishu's own code makes it")
  func signature() throws {
    let seal = try FeishuSeal(key: Self.key)
    for (text, signature) in [
      (Self.challenge, Self.signatures.challenge), (Self.event, Self.signatures.event),
    ] {
      let body = Array("{\"encrypt\":\"\(text)\"}".utf8)
      #expect(try seal.signature(time: "1700000000", nonce: "n0nce", body: body) == signature)
      #expect(try seal.verifies(signature, time: "1700000000", nonce: "n0nce", body: body))
      #expect(try !seal.verifies(signature, time: "1700000001", nonce: "n0nce", body: body))
      #expect(try !seal.verifies(signature, time: "1700000000", nonce: "n0nc", body: body))
      #expect(try !seal.verifies(signature, time: "1700000000", nonce: "n0nce", body: body + [0x20]))
      #expect(
        try !seal.verifies(String(signature.dropLast()), time: "1700000000", nonce: "n0nce", body: body))
      #expect(try !seal.verifies("", time: "1700000000", nonce: "n0nce", body: body))
    }
  }

  @Test("the check of the address comes with a signature or without one")
  func verification() throws {
    let door = FeishuDoor(seal: try FeishuSeal(key: Self.key), token: "tok", app: "cli_a")
    for signature in [nil, Self.signatures.challenge] {
      let push = try door.open(Self.request(Self.challenge, signature: signature), now: Self.time)
      guard case .challenge(let text) = push else {
        Issue.record("no challenge")
        return
      }
      #expect(text == "c-123")
    }
    let wrong = FeishuDoor(seal: try FeishuSeal(key: Self.key), token: "other", app: "cli_a")
    let refused = Self.refusal { try wrong.open(Self.request(Self.challenge), now: Self.time) }
    #expect(refused?.status == 401)
  }

  @Test("an event that is signed gets in")
  func signed() throws {
    let door = FeishuDoor(seal: try FeishuSeal(key: Self.key), token: "tok", app: "cli_a")
    let request = Self.request(Self.event, signature: Self.signatures.event)
    guard case .event(let event) = try door.open(request, now: Self.time) else {
      Issue.record("no event")
      return
    }
    #expect((event.id, event.type) == ("e1", "x.y"))
    // Any time within the window, on either side.
    for away: Int64 in [-299_000, 0, 299_000, 25_200_000] {
      _ = try door.open(request, now: Self.time + away)
    }
  }

  /// Signature, time and nonce, and by how much later it comes.
  private struct Bad: Sendable {
    var signature: String? = signatures.event
    var time: String? = "1700000000"
    var nonce: String? = "n0nce"
    var later: Int64 = 0
  }

  private static let bad = [
    Bad(signature: nil), Bad(signature: ""), Bad(signature: signatures.challenge), Bad(nonce: "x"),
    Bad(time: "1699999999"), Bad(time: nil), Bad(nonce: nil), Bad(later: 9 * 3_600_000), Bad(later: -301_000),
    Bad(time: "x"),
  ]

  @Test("what is not signed, wrongly, late or early does not get in", arguments: bad)
  private func unsigned(bad: Bad) throws {
    let door = FeishuDoor(seal: try FeishuSeal(key: Self.key), token: nil, app: "cli_a")
    let request = Self.request(Self.event, signature: bad.signature, time: bad.time, nonce: bad.nonce)
    let refusal = Self.refusal { try door.open(request, now: Self.time + bad.later) }
    #expect(refusal?.status == 401)
  }

  @Test(
    "what is signed with times that are none does not get in", arguments: ["x", "-1", "99999999999999", ""])
  func times(time: String) throws {
    let seal = try FeishuSeal(key: Self.key)
    let door = FeishuDoor(seal: seal, token: nil, app: "cli_a")
    var request = Self.request(Self.event, time: time)
    request.signature = try seal.signature(time: time, nonce: "n0nce", body: request.body)
    #expect(Self.refusal { try door.open(request, now: Self.time) }?.status == 401)
  }

  @Test("with an Encrypt Key nothing gets in that is not encrypted with it", arguments: [true, false])
  func plain(isSigned: Bool) throws {
    let seal = try FeishuSeal(key: Self.key)
    let door = FeishuDoor(seal: seal, token: "tok", app: "cli_a")
    for (text, status) in [
      ("{\"challenge\":\"c\",\"token\":\"tok\",\"type\":\"url_verification\"}", 400),
      ("{\"encrypt\":7}", 400),
      ("{\"encrypt\":\"\"}", 401), ("{\"encrypt\":\"AAAA\"}", 401), ("{\"encrypt\":\"!\"}", 401),
      ("{\"encrypt\":\"P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=\"}", 401), ("[]", 400), ("", 400),
    ] {
      var request = FeishuDoor.Request(
        time: "1700000000", nonce: "n0nce", signature: nil, body: Array(text.utf8))
      if isSigned {
        request.signature = try seal.signature(time: "1700000000", nonce: "n0nce", body: request.body)
      }
      #expect(Self.refusal { try door.open(request, now: Self.time) }?.status == status, "\(text)")
    }
  }

  @Test("without an Encrypt Key the verification token decides")
  func tokens() throws {
    let door = FeishuDoor(seal: nil, token: "tok", app: "cli_a")
    func open(_ text: String) throws -> FeishuPush {
      let body = Array(text.utf8)
      return try door.open(
        FeishuDoor.Request(time: nil, nonce: nil, signature: nil, body: body), now: Self.time)
    }
    let newer = { (token: String, app: String) in
      "{\"schema\":\"2.0\",\"header\":{\"event_id\":\"e\",\"event_type\":\"t\",\"token\":\"\(token)\",\"app_id\":"
        + "\"\(app)\"},\"event\":{}}"
    }
    _ = try open(newer("tok", "cli_a"))
    #expect(Self.refusal { try open(newer("tok ", "cli_a")) }?.status == 401)
    #expect(Self.refusal { try open(newer("", "cli_a")) }?.status == 401)
    #expect(Self.refusal { try open(newer("tok", "cli_b")) }?.status == 403)
    let older =
      "{\"uuid\":\"u\",\"token\":\"tok\",\"ts\":\"1.5\",\"type\":\"event_callback\",\"event\":{\"type\":\"m\"}}"
    _ = try open(older)
    #expect(Self.refusal { try open("{\"uuid\":\"u\",\"event\":{\"type\":\"m\"}}") }?.status == 401)
    #expect(Self.refusal { try open("{\"token\":\"tok\"}") }?.status == 400)
  }
}
