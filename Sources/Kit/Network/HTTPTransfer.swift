internal import CCurl
internal import System

/// One request on its way.
///
/// What libcurl calls only collects; the client delivers it to the handlers afterwards, so that these may
/// cancel, send more and throw.
package final class HTTPTransfer {
  /// What was asked for.
  package let request: HTTPRequest

  /// Who is told what comes; nil once all is said.
  struct Handlers {
    var head: (HTTPHead) throws -> Void
    var data: ([UInt8]) throws -> Void
    var end: (HTTPError?) throws -> Void
  }
  var handlers: Handlers?
  weak var multi: CurlMulti?
  let reach: Reach
  /// Where the request goes now, after redirects.
  var address: WebAddress?
  var method: String
  var hops = 0
  /// Whether a redirect has left the origin that the headers are for.
  var isElsewhere = false
  /// Whether only a connection is made, over which its owner talks.
  var isConnectionOnly = false
  /// Whether a redirect has made a GET of it.
  var dropsBody = false
  var easy: CurlEasy?
  var idleTimer: EventLoop.Timer?
  var totalTimer: EventLoop.Timer?
  var lastActivity: Int64 = 0

  // What has come and is not delivered yet.
  var pending: [UInt8] = []
  var headIsComplete = false
  var headIsDelivered = false
  var isQueued = false
  /// Set when there will be no more: nil inside for success.
  var end: HTTPError??
  var isOver = false

  // What libcurl's calls found.
  var head: HTTPHead?
  var headBytes = 0
  var bodyCount = 0
  var begins = 0
  var wasBegun = false
  var upload = UploadPosition()
  /// Why one of the calls said no.
  var stop: Stop?

  /// Why a call of ours ended the transfer.
  enum Stop: Equatable {
    case headersTooLarge
    case bodyTooLarge
    case malformed(String)
    case forbidden(String)
    case repeated
    case unreadable(String)
  }

  /// How far the body has been sent.
  struct UploadPosition {
    var part = 0
    var offset = 0
  }

  init(_ request: HTTPRequest, reach: Reach, handlers: Handlers) {
    self.request = request
    self.reach = reach
    self.handlers = handlers
    method = request.method
  }

  /// Gives it up: `onEnd` follows with an error of kind `cancelled`, from the loop; nothing else does.
  package func cancel() {
    guard end == nil else { return }
    pending = []
    multi?.finish(self, error(.cancelled, "cancelled"))
  }

  /// Whether we stopped it ourselves.
  var isCancelled: Bool { end??.kind == .cancelled }

  /// Whether somebody wants to hear what has come.
  var isHeard: Bool { !isOver && !isCancelled }

  /// Whether the address that is answered with is to be followed.
  var isRedirect: Bool {
    guard let head, [301, 302, 303, 307, 308].contains(head.status) else { return false }
    return head.header("location") != nil
  }

  /// Whether what comes is for the handlers.
  var isWanted: Bool { headIsComplete && !isRedirect }

  func error(
    _ kind: HTTPError.Kind, _ reason: String, hint: String? = nil, isTemporary: Bool = false
  ) -> HTTPError {
    var shown = address?.shown ?? "(a wrong address)"
    for secret in request.secrets where !secret.isEmpty { shown = Self.without(secret, shown) }
    return HTTPError(
      kind: kind, request: "\(method) \(shown)", reason: reason, hint: hint, isTemporary: isTemporary,
      mayHaveArrived: wasBegun)
  }

  /// A text with each occurrence of a secret replaced.
  package static func without(_ secret: String, _ text: String) -> String {
    let (secret, text) = (Array(secret.utf8), Array(text.utf8))
    var out: [UInt8] = []
    var index = 0
    while index < text.count {
      if text[index...].starts(with: secret) {
        out += Array("***".utf8)
        index += secret.count
      } else {
        out.append(text[index])
        index += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}

/// A handle of libcurl with what must live as long as it does.
final class CurlEasy {
  let handle: UnsafeMutableRawPointer
  private let words: UnsafeMutablePointer<CChar>
  private var headers: UnsafeMutableRawPointer?

  /// The size of libcurl's buffer for errors.
  static let wordsSize = 256

  /// nil without memory, or where the library is too old for one of the calls.
  init?(calls: agim_curl_calls, context: UnsafeMutableRawPointer) {
    words = .allocate(capacity: Self.wordsSize)
    words.initialize(repeating: 0, count: Self.wordsSize)
    var calls = calls
    guard let made = agim_curl_easy(&calls, context, words) else {
      words.deallocate()
      return nil
    }
    handle = made
  }

  deinit {
    agim_curl_easy_free(handle)
    agim_curl_list_free(headers)
    words.deallocate()
  }

  /// What the library says about the failure; empty when it says nothing.
  var text: String {
    let bytes = UnsafeRawBufferPointer(start: words, count: Self.wordsSize).prefix { $0 != 0 }
    // It may quote what the server sent.
    return String(decoding: bytes.map { $0 < 0x20 || $0 >= 0x7F ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
  }

  /// Adds a header line; false without memory.
  func add(header: String) -> Bool {
    guard let list = agim_curl_list_append(headers, header) else { return false }
    headers = list
    return true
  }

  /// Sets options; the first that the library refuses.
  func set(numbers: [(Int, Int)], texts: [(Int, String?)], length: Int?) -> Int? {
    for (option, value) in numbers where agim_curl_set_number(handle, Int32(option), value) != 0 {
      return option
    }
    for (option, value) in texts {
      guard let value else { continue }
      if agim_curl_set_text(handle, Int32(option), value) != 0 { return option }
    }
    if let length, agim_curl_set_large(handle, Int32(AGIM_CURL_INFILESIZE_LARGE), Int64(length)) != 0 {
      return Int(AGIM_CURL_INFILESIZE_LARGE)
    }
    let list = agim_curl_set_list(handle, Int32(AGIM_CURL_HTTPHEADER), headers)
    return list == 0 ? nil : Int(AGIM_CURL_HTTPHEADER)
  }
}
