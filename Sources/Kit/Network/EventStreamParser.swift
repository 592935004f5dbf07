/// One event that a server sent.
package struct ServerSentEvent: Equatable, Sendable {
  /// Its type; `message` where the server does not say.
  package var type: String
  /// Its data; several lines are joined by line feeds.
  package var data: String
  /// The id of the last event that had one; empty when none had.
  package var lastID: String

  /// An event.
  package init(type: String, data: String, lastID: String) {
    (self.type, self.data, self.lastID) = (type, data, lastID)
  }
}

/// What a stream of events cannot be read for.
package struct EventStreamFault: Error, Equatable, Sendable, CustomStringConvertible {
  package let description: String
}

/// The parser of `text/event-stream`, fed with bytes as they come.
///
/// As the HTML standard has it: UTF-8 with or without a byte order mark, lines that end with CR, LF or
/// both, comments, and an event that has ended only with an empty line. What is not UTF-8 is replaced.
package struct EventStreamParser {
  /// Bytes that a line, and the data of an event, may have.
  private let limit: Int
  private var line: [UInt8] = []
  private var type = ""
  private var data: [UInt8] = []
  private var hasData = false
  private var lastID = ""
  private var endedWithCR = false
  private var isFirst = true
  /// How many milliseconds the server wants us to wait before connecting again.
  package private(set) var retry: Int64?
  /// The id to name when connecting again.
  package var lastEventID: String { lastID }

  /// A parser for a new connection; `lastEventID` is what the former one ended with.
  package init(limit: Int = 4 << 20, lastEventID: String = "") {
    self.limit = limit
    lastID = lastEventID
  }

  /// Takes more bytes, and returns the events that they complete.
  ///
  /// - Throws: `EventStreamFault` when a line or an event is too large; the stream cannot go on then.
  package mutating func feed(_ bytes: [UInt8]) throws(EventStreamFault) -> [ServerSentEvent] {
    var events: [ServerSentEvent] = []
    var start = 0
    while let index = Self.lineEnd(in: bytes, from: start) {
      defer { start = index + 1 }
      let byte = bytes[index]
      let isSecondHalf = byte == 0x0A && endedWithCR && index == start
      endedWithCR = byte == 0x0D
      if isSecondHalf { continue }
      try append(bytes[start..<index])
      if let event = try endLine() { events.append(event) }
    }
    if start < bytes.count {
      endedWithCR = false
      try append(bytes[start...])
    }
    return events
  }

  /// Where the line ends, by CR or LF; nil where it goes on.
  private static func lineEnd(in bytes: [UInt8], from start: Int) -> Int? {
    bytes.withUnsafeBufferPointer { bytes in
      var index = start
      while index < bytes.count {
        if bytes[index] == 0x0A || bytes[index] == 0x0D { return index }
        index += 1
      }
      return nil
    }
  }

  private mutating func append(_ piece: ArraySlice<UInt8>) throws(EventStreamFault) {
    guard line.count + piece.count <= limit else {
      throw EventStreamFault(description: "a line of the event stream is longer than \(limit) bytes")
    }
    line += piece
  }

  private mutating func endLine() throws(EventStreamFault) -> ServerSentEvent? {
    defer { line.removeAll(keepingCapacity: line.capacity <= 65_536) }
    if isFirst {
      isFirst = false
      if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
    }
    guard !line.isEmpty else { return dispatch() }
    let colon = line.firstIndex(of: UInt8(ascii: ":"))
    // A comment, which keeps the connection alive.
    if colon == 0 { return nil }
    let name = String(decoding: line[..<(colon ?? line.endIndex)], as: UTF8.self)
    var value = line[(colon.map { $0 + 1 } ?? line.endIndex)...]
    if value.first == 0x20 { value.removeFirst() }
    switch name {
    case "data":
      guard data.count + value.count < limit else {
        throw EventStreamFault(description: "the data of an event is larger than \(limit) bytes")
      }
      if hasData { data.append(0x0A) }
      data += value
      hasData = true
    case "event": type = String(decoding: value, as: UTF8.self)
    case "id":
      if !value.contains(0), value.count <= 1024 { lastID = String(decoding: value, as: UTF8.self) }
    case "retry":
      if !value.isEmpty, value.count <= 9, value.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
        retry = Int64(String(decoding: value, as: UTF8.self))
      }
    default: break
    }
    return nil
  }

  private mutating func dispatch() -> ServerSentEvent? {
    defer {
      type = ""
      data.removeAll(keepingCapacity: data.capacity <= 65_536)
      hasData = false
    }
    guard hasData else { return nil }
    return ServerSentEvent(
      type: type.isEmpty ? "message" : type, data: String(decoding: data, as: UTF8.self), lastID: lastID)
  }
}
