internal import Delivery
internal import JSON
internal import Network
internal import PushWire
internal import Stage
internal import System

extension PushAnswer {
  init(_ response: HTTPResponse, _ loop: EventLoop) {
    self.init(
      status: response.status, body: response.body,
      retryAfter: response.head.retryAfter(now: loop.clock.now()))
  }
}

/// Makes HTTP requests of what a service wants.
enum PushHTTP {
  /// A request; `secrets` are shown in no error.
  static func request(_ request: PushRequest, _ file: OutFile?, secrets: [String]) -> HTTPRequest {
    var made = HTTPRequest(request.method, request.url, headers: request.headers)
    switch request.body {
    case .none: break
    case .json(let value):
      var json = JSONWriter()
      json.value(value)
      made.headers.append(("Content-Type", "application/json; charset=utf-8"))
      made.body = [.bytes(json.bytes)]
    case .bytes(let bytes, let type):
      made.headers.append(("Content-Type", type))
      made.body = [.bytes(bytes)]
    case .file:
      if let file {
        made.headers.append(("Content-Type", file.attachment.mime))
        made.body = [.file(file.descriptor, count: file.attachment.size)]
      }
    case .form(let fields, let name):
      var random = SystemRandomNumberGenerator()
      var form = Multipart { random.next() }
      for (name, value) in fields { form.field(name, value) }
      if let file {
        form.file(
          name, filename: file.attachment.name, mime: file.attachment.mime, file.descriptor,
          count: file.attachment.size)
      }
      made.headers.append(("Content-Type", form.contentType))
      made.body = form.parts
    }
    made.limits.total = file == nil ? 30_000 : 300_000
    made.limits.body = 1 << 20
    // A notification that comes twice is better than one that does not come.
    made.isRepeatable = true
    made.secrets = secrets
    return made
  }
}
