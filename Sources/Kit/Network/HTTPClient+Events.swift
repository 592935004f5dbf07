internal import System

/// How a stream of events ended.
package enum EventStreamEnd: Sendable {
  /// The server closed it.
  case closed
  /// It broke, or could not be opened.
  case failed(HTTPError)
  /// The server answered, but not with a stream of events; at most 64 KiB of its answer.
  case refused(HTTPResponse)
  /// What it sent is no stream of events.
  case garbled(EventStreamFault)
}

extension HTTPClient {
  /// Opens a stream of events, and gives each to a handler as it comes.
  ///
  /// The stream may last for ever: of the request's limits those of connecting, of silence and of header
  /// lines count. `limit` is for one event. Connecting again is the caller's affair.
  @discardableResult
  package func events(
    _ request: HTTPRequest, limit: Int = 4 << 20, onOpen: @escaping (HTTPHead) throws -> Void,
    onEvent: @escaping (ServerSentEvent) throws -> Void, onEnd: @escaping (EventStreamEnd) throws -> Void
  ) -> HTTPTransfer {
    var request = request
    request.limits.total = nil
    request.limits.body = nil
    request.headers += [("Accept", "text/event-stream"), ("Cache-Control", "no-store")]
    let stream = EventStream(limit: limit)
    let transfer = self.stream(
      request,
      onHead: { head in
        stream.head = head
        stream.isOpen = head.status == 200 && head.mediaType == "text/event-stream"
        if stream.isOpen { try onOpen(head) }
      },
      onData: { bytes in
        guard stream.isOpen else { return stream.keep(bytes) }
        let events: [ServerSentEvent]
        do throws(EventStreamFault) {
          events = try stream.parser.feed(bytes)
        } catch {
          stream.fault = error
          stream.transfer?.cancel()
          return
        }
        for event in events where !stream.isCancelled { try onEvent(event) }
      },
      onEnd: { error in
        if let fault = stream.fault { return try onEnd(.garbled(fault)) }
        if let head = stream.head, !stream.isOpen, error == nil || stream.isFull {
          return try onEnd(.refused(HTTPResponse(head: head, body: stream.answer)))
        }
        try onEnd(error.map { .failed($0) } ?? .closed)
      })
    stream.transfer = transfer
    return transfer
  }
}

/// What a stream of events knows of itself.
private final class EventStream {
  var parser: EventStreamParser
  var head: HTTPHead?
  var isOpen = false
  var answer: [UInt8] = []
  var isFull = false
  var fault: EventStreamFault?
  weak var transfer: HTTPTransfer?

  init(limit: Int) { parser = EventStreamParser(limit: limit) }

  var isCancelled: Bool { transfer?.isCancelled == true }

  func keep(_ bytes: [UInt8]) {
    answer += bytes.prefix(max(0, 65_536 - answer.count))
    guard answer.count >= 65_536 else { return }
    isFull = true
    transfer?.cancel()
  }
}
