internal import Crypto
internal import JSON
package import System

/// Decides whether a post is Feishu's: signature first, then decryption, then the verification token.
package struct FeishuDoor: Sendable {
  /// A post as it came.
  package struct Request: Sendable {
    /// The header lines of the signature; nil where there are none.
    package var time: String?
    package var nonce: String?
    package var signature: String?
    /// The body as it was sent.
    package var body: [UInt8]

    /// A post of its parts.
    package init(time: String?, nonce: String?, signature: String?, body: [UInt8]) {
      (self.time, self.nonce, self.signature, self.body) = (time, nonce, signature, body)
    }
  }

  /// Why a post is not taken.
  package struct Refusal: Error, Equatable, Sendable {
    /// The status of the answer.
    package let status: Int
    /// Why; it says nothing that helps to get in.
    package let reason: String
  }

  private let seal: FeishuSeal?
  private let token: String?
  private let app: String

  /// How old a signed post may be, in milliseconds.
  ///
  /// Feishu pushes an event again for seven hours, and what comes twice is known by its id for seven days.
  package static let window: Int64 = 8 * 3_600_000
  /// How far the clock of Feishu may be ahead of ours, in milliseconds.
  package static let ahead: Int64 = 300_000

  /// The door of an app: with an Encrypt Key posts are signed and encrypted, else the token is all there is.
  package init(seal: FeishuSeal?, token: String?, app: String) {
    (self.seal, self.token, self.app) = (seal, token, app)
  }

  /// What a post says.
  ///
  /// - Throws: `Refusal`; `CryptoError` where libcrypto is missing.
  package func open(_ request: Request, now: Timestamp) throws -> FeishuPush {
    var isSigned = false
    var plain = request.body
    if let seal {
      isSigned = try check(request, seal, now)
      plain = try decrypt(request.body, seal)
    }
    let push: FeishuPush
    let given: String?
    do throws(FeishuEventError) {
      (push, given) = try FeishuPush.read(plain)
    } catch {
      throw Refusal(status: 400, reason: "this is no event")
    }
    if let token {
      guard let given, constantTimeEqual(given, token) else {
        throw Refusal(status: 401, reason: "the verification token is wrong")
      }
    }
    guard case .event(let event) = push else { return push }
    // Only the check of the address comes unsigned.
    guard seal == nil || isSigned else { throw Refusal(status: 401, reason: "the signature is missing") }
    if let other = event.app, other != app { throw Refusal(status: 403, reason: "this is for another app") }
    return push
  }

  /// Whether a post is signed; one that is signed wrongly is refused unread.
  private func check(_ request: Request, _ seal: FeishuSeal, _ now: Timestamp) throws -> Bool {
    guard let signature = request.signature else { return false }
    guard let time = request.time, let nonce = request.nonce, time.utf8.count <= 20, nonce.utf8.count <= 256,
      try seal.verifies(signature, time: time, nonce: nonce, body: request.body)
    else { throw Refusal(status: 401, reason: "the signature is wrong") }
    guard let seconds = Int64(time), seconds >= 0, seconds < 1 << 40 else {
      throw Refusal(status: 401, reason: "the time of the signature is none")
    }
    let age = now.milliseconds - seconds * 1000
    guard age <= Self.window, age >= -Self.ahead else {
      throw Refusal(status: 401, reason: "the signature is too old, or of the future")
    }
    return true
  }

  /// The plain text of a post: with an Encrypt Key every post has one.
  private func decrypt(_ body: [UInt8], _ seal: FeishuSeal) throws -> [UInt8] {
    guard let value = try? JSONReader.parse(body, limits: FeishuPush.limits),
      let text = value["encrypt"]?.string
    else { throw Refusal(status: 400, reason: "this is not encrypted") }
    do {
      return try seal.open(text)
    } catch let error where error.kind == .library {
      throw error
    } catch {
      throw Refusal(status: 401, reason: "this is not encrypted with our key")
    }
  }
}
