/// What a mail says: its text and its files.
package struct MailContent: Sendable {
  /// A file that came along.
  package struct File: Sendable, Equatable {
    /// Its name, for display: the last part of a path, without control characters.
    package var name: String
    /// What the mail says it is.
    package var mime: String
    /// Its content.
    package var bytes: [UInt8]
  }

  /// The text, with line feeds.
  package var text = ""
  /// The files in their order.
  package var files: [File] = []
  /// What was left out, and why, for people.
  package var omitted: [String] = []

  /// How much of a mail is read.
  package struct Limits: Sendable {
    /// How deep parts may be nested.
    package var depth = 10
    /// How many parts are looked at.
    package var parts = 100
    /// How many bytes of text are kept.
    package var text = 1 << 20
    /// How many bytes all files together may have.
    package var files = 32 << 20
    package init() {}
  }

  /// Reads a mail's body.
  package init(header: MailHeader, body: ArraySlice<UInt8>, limits: Limits = Limits()) {
    var reader = ContentReader(limits: limits)
    let found = reader.read(header, body, depth: 0, isRoot: true)
    files = reader.files
    omitted = reader.omitted
    text = found
    if text.utf8.count > limits.text {
      text = String(decoding: text.utf8.prefix(limits.text), as: UTF8.self)
      omitted.append("text beyond \(limits.text) bytes")
    }
  }
}

/// Walks through the parts.
private struct ContentReader {
  let limits: MailContent.Limits
  var files: [MailContent.File] = []
  var omitted: [String] = []
  private var parts = 0
  private var fileBytes = 0

  init(limits: MailContent.Limits) { self.limits = limits }

  /// The text of a part; its files are added.
  mutating func read(_ header: MailHeader, _ body: ArraySlice<UInt8>, depth: Int, isRoot: Bool = false)
    -> String
  {
    parts += 1
    guard parts <= limits.parts else {
      if parts == limits.parts + 1 { omitted.append("parts beyond \(limits.parts)") }
      return ""
    }
    guard depth <= limits.depth else {
      omitted.append("parts nested deeper than \(limits.depth)")
      return ""
    }
    let type = MailParameters(header.first("content-type") ?? Array("text/plain".utf8))
    let kind = type.value.utf8.contains(UInt8(ascii: "/")) ? type.value : "text/plain"
    if kind.hasPrefix("multipart/"), let boundary = type["boundary"], !boundary.isEmpty {
      return multipart(kind, boundary, body, depth)
    }
    // Pieces of a mail, and mail that lies elsewhere: nothing that somebody could read is in them.
    if kind == "message/partial" || kind == "message/external-body" {
      omitted.append("a part of type \(kind)")
      return ""
    }
    let encoding = TransferEncoding(header.plain("content-transfer-encoding") ?? "")
    let disposition = MailParameters(header.first("content-disposition") ?? [])
    let isFile = disposition.value == "attachment" || disposition["filename"] != nil
    let isText = kind == "text/plain" || kind == "text/html"
    if isText, !isFile, encoding != .unknown {
      let decoded = encoding.decode(body)
      let text = cut(Self.lineFeeds(Charset.decode(decoded, type["charset"] ?? "")))
      if kind == "text/html" { return HTMLText.plain(text, limit: limits.text) }
      let isFlowed = type["format"].map { MailBytes.lower($0.utf8) } == "flowed"
      guard isFlowed else { return text }
      return FlowedText.joined(text, dropsSpace: type["delsp"].map { MailBytes.lower($0.utf8) } == "yes")
    }
    keep(encoding.decode(body), kind, disposition["filename"] ?? type["name"])
    return ""
  }

  /// No more of a text than is kept: what is made of it may take many times its room.
  private mutating func cut(_ text: String) -> String {
    guard text.utf8.count > limits.text else { return text }
    omitted.append("text beyond \(limits.text) bytes")
    return String(decoding: text.utf8.prefix(limits.text), as: UTF8.self)
  }

  private mutating func multipart(
    _ kind: String, _ boundary: String, _ body: ArraySlice<UInt8>, _ depth: Int
  ) -> String {
    let pieces = Self.split(body, boundary: Array(boundary.utf8), limit: limits.parts + 1)
    var texts: [String] = []
    var kinds: [String] = []
    for piece in pieces {
      let (head, rest) = MailHeader.split(piece)
      guard let header = try? MailHeader(head) else {
        omitted.append("a part whose header is too large")
        continue
      }
      if kind == "multipart/alternative" {
        let type = MailParameters(header.first("content-type") ?? Array("text/plain".utf8)).value
        let known = files.count
        let text = read(header, rest, depth: depth + 1)
        // One thing in several forms: what only another form shows, such as its pictures, stays with it.
        if files.count > known, type == "text/plain" || type == "text/html" {
          files.removeLast(files.count - known)
        }
        texts.append(text)
        kinds.append(type)
      } else {
        texts.append(read(header, rest, depth: depth + 1))
      }
    }
    guard kind == "multipart/alternative" else {
      return texts.filter { !Self.isBlank($0) }.joined(separator: "\n")
    }
    for (index, type) in kinds.enumerated() where type == "text/plain" && !Self.isBlank(texts[index]) {
      return texts[index]
    }
    return texts.last { !Self.isBlank($0) } ?? ""
  }

  private mutating func keep(_ bytes: [UInt8], _ kind: String, _ name: String?) {
    let name = Self.fileName(name ?? (kind == "message/rfc822" ? "message.eml" : ""))
    guard !bytes.isEmpty else { return }
    guard fileBytes + bytes.count <= limits.files else {
      omitted.append("\(name): larger than \(limits.files) bytes with the files before it")
      return
    }
    fileBytes += bytes.count
    files.append(MailContent.File(name: name, mime: kind, bytes: bytes))
  }

  /// The parts between the boundaries; a last boundary that is missing is the end.
  private static func split(_ body: ArraySlice<UInt8>, boundary: [UInt8], limit: Int) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var start: Int?
    var place = body.startIndex
    while place < body.endIndex {
      let end = body[place...].firstIndex(of: 0x0A) ?? body.endIndex
      let line = body[place..<end]
      if line.count >= boundary.count + 2, line.first == 0x2D, line[place + 1] == 0x2D,
        line.dropFirst(2).starts(with: boundary)
      {
        var rest = line.dropFirst(2 + boundary.count)
        let isLast = rest.starts(with: [0x2D, 0x2D])
        if isLast { rest = rest.dropFirst(2) }
        if rest.allSatisfy({ MailBytes.isBlank($0) || $0 == 0x0D }) {
          if let start {
            // The line end before a boundary belongs to the boundary.
            var last = place
            if last > start, body[last - 1] == 0x0A { last -= 1 }
            if last > start, body[last - 1] == 0x0D { last -= 1 }
            parts.append(body[start..<last])
            if parts.count >= limit { return parts }
          }
          if isLast { return parts }
          start = min(end + 1, body.endIndex)
        }
      }
      place = end + 1
    }
    if let start { parts.append(body[start...]) }
    return parts
  }

  private static func lineFeeds(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var wasReturn = false
    for byte in text.utf8 {
      if byte == 0x0A, wasReturn {
        wasReturn = false
        continue
      }
      wasReturn = byte == 0x0D
      // A NUL would end the text in programs that agents are.
      bytes.append(byte == 0x0D ? 0x0A : byte == 0 ? 0x20 : byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isBlank(_ text: String) -> Bool { text.utf8.allSatisfy { $0 <= 0x20 } }

  /// A name without directories and what terminals act on; at most 200 bytes.
  private static func fileName(_ name: String) -> String {
    var bytes = Array(name.utf8)
    if let cut = bytes.lastIndex(where: { $0 == 0x2F || $0 == 0x5C }) { bytes.removeFirst(cut + 1) }
    bytes.removeAll { $0 < 0x20 || $0 == 0x7F }
    while let first = bytes.first, first == 0x2E || first == 0x20 { bytes.removeFirst() }
    while let last = bytes.last, last == 0x20 { bytes.removeLast() }
    var text = String(decoding: bytes, as: UTF8.self)
    while text.utf8.count > 200 { text.removeLast() }
    return text.isEmpty ? "file" : text
  }
}
