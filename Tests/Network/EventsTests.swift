import Network
import System
import TestSupport
import Testing

@Suite struct EventsTests {
  private let loop = EventLoop(clock: .system)

  private func read(_ url: String, until count: Int = .max, limit: Int = 1 << 20) throws
    -> (events: [ServerSentEvent], end: EventStreamEnd, opened: Int)
  {
    let client = HTTPClient(loop)
    var events: [ServerSentEvent] = []
    var opened = 0
    let end: EventStreamEnd = try wait(loop) { done in
      var transfer: HTTPTransfer?
      transfer = client.events(
        HTTPRequest("GET", url), limit: limit, onOpen: { _ in opened += 1 },
        onEvent: { event in
          events.append(event)
          if events.count == count { transfer?.cancel() }
        }, onEnd: { done($0) })
    }
    return (events, end, opened)
  }

  @Test func untilTheServerCloses() throws {
    let server = try Server.shared("http")
    let (events, end, opened) = try read(server.url("/events?count=100"))
    #expect(events.count == 100 && opened == 1)
    #expect(events.last == ServerSentEvent(type: "message", data: "event 99\nü", lastID: "99"))
    guard case .closed = end else { return #expect(Bool(false), "\(end)") }
  }

  @Test func untilWeHaveEnough() throws {
    let server = try Server.shared("http")
    let (events, end, _) = try read(server.url("/events?count=10&then=stay"), until: 3)
    // Nothing comes any more after a handler has cancelled, though it was there.
    #expect(events.count == 3)
    guard case .failed(let error) = end, error.kind == .cancelled else {
      return #expect(Bool(false), "\(end)")
    }
  }

  @Test func byteByByte() throws {
    let raw = try Server.shared("raw")
    let (events, end, _) = try read(raw.url("/events"))
    #expect(events.map { [$0.type, $0.data] } == [["message", "slowü"], ["x", "y"]])
    guard case .closed = end else { return #expect(Bool(false), "\(end)") }
  }

  @Test func noEvents() throws {
    let (http, raw) = (try Server.shared("http"), try Server.shared("raw"))
    let (events, end, opened) = try read(http.url("/status?is=401"))
    #expect(events.isEmpty && opened == 0)
    guard case .refused(let response) = end else { return #expect(Bool(false), "\(end)") }
    #expect(response.status == 401)
    #expect(String(decoding: response.body, as: UTF8.self) == "so it is")
    // A page instead of a stream, and one without an end.
    guard case .refused(let page) = try read(http.url("/echo")).end else { return #expect(Bool(false)) }
    #expect(page.status == 200)
    guard case .refused(let endless) = try read(raw.url("/flush")).end else { return #expect(Bool(false)) }
    #expect(endless.body.count == 65_536)
    guard case .garbled = try read(raw.url("/largeevent"), limit: 1 << 20).end else {
      return #expect(Bool(false))
    }
  }
}
