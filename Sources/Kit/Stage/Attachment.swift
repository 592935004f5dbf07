internal import Crypto
internal import Glibc
package import JSON
internal import Settings
internal import System
internal import Wire

/// A file, or a place on the earth, that belongs to a line.
package struct Attachment: Sendable, Equatable {
  /// What people are told it is.
  package enum Kind: String, Sendable {
    case image, file, voice, video, location
  }

  /// What people are told it is.
  package var kind: Kind
  /// The path, below `files/`; empty for a location.
  package var path: String
  /// The SHA-256 of its content, in hexadecimal.
  package var sha256: String
  /// Its size in bytes.
  package var size: Int
  /// Its MIME type.
  package var mime: String
  /// Its name, for display.
  package var name: String
  /// For a location: degrees to the north, and to the east.
  package var place: Place?

  /// A place on the earth.
  package struct Place: Sendable, Equatable {
    /// Degrees to the north.
    package var latitude: Double
    /// Degrees to the east.
    package var longitude: Double

    /// A place; nil where the numbers are none on the earth.
    package init?(latitude: Double, longitude: Double) {
      guard (-90...90).contains(latitude), (-180...180).contains(longitude) else { return nil }
      (self.latitude, self.longitude) = (latitude, longitude)
    }
  }

  /// A file below `files/`; what kind it is follows from its type unless it is said.
  package init(kind: Kind? = nil, path: String, sha256: String, size: Int, mime: String, name: String) {
    self.kind = kind ?? Self.kind(of: mime)
    (self.path, self.sha256, self.size, self.mime, self.name) = (path, sha256, size, mime, name)
  }

  /// A location, with what it is called.
  package init(place: Place, name: String) {
    (kind, path, sha256, size, mime) = (.location, "", "", 0, "")
    (self.place, self.name) = (place, name)
  }

  /// Reads one of a line's attachments; nil where it says too little.
  package init?(_ value: JSONValue) {
    guard let kind = value["kind"]?.string.flatMap(Kind.init(rawValue:)) else { return nil }
    if kind == .location {
      guard let latitude = value["lat"]?.double, let longitude = value["lon"]?.double,
        let place = Place(latitude: latitude, longitude: longitude)
      else { return nil }
      self.init(place: place, name: value["name"]?.string ?? "")
    } else {
      guard let path = value["path"]?.string, let sum = value["sha256"]?.string else { return nil }
      self.init(
        kind: kind, path: path, sha256: sum, size: value["size"]?.int ?? 0,
        mime: value["mime"]?.string ?? "application/octet-stream", name: value["name"]?.string ?? "file")
    }
  }

  private static func kind(of mime: String) -> Kind {
    mime.hasPrefix("image/") ? .image : mime.hasPrefix("video/") ? .video : .file
  }

  /// The attachments of a line, as JSON.
  package static func json(_ files: [Attachment]) -> [UInt8] {
    var json = JSONWriter()
    json.beginArray()
    for file in files {
      json.beginObject()
      json.member("kind", file.kind.rawValue)
      if let place = file.place {
        json.name("lat")
        json.value(.number(JSONNumber(place.latitude) ?? JSONNumber(0)))
        json.name("lon")
        json.value(.number(JSONNumber(place.longitude) ?? JSONNumber(0)))
      } else {
        json.member("path", file.path)
        json.member("sha256", file.sha256)
        json.member("size", file.size)
        json.member("mime", file.mime)
      }
      json.member("name", file.name)
      json.endObject()
    }
    json.endArray()
    return json.bytes
  }

  /// A line with this as its only attachment.
  package func added(to line: [UInt8]) -> [UInt8] { Self.add([self], to: line) }

  /// A line with these as its attachments.
  package static func add(_ files: [Attachment], to line: [UInt8]) -> [UInt8] {
    guard !files.isEmpty else { return line }
    var scanner = LineScanner()
    guard (try? scanner.scan(line.span)) != nil else { return line }
    return LineEditor.set([(name: "attachments", rawValue: json(files))], in: line.span, scanner: scanner)
  }

  /// The MIME type of a content, as its first bytes show it: what a file is called proves nothing.
  package static func mime(of content: [UInt8]) -> String {
    let known: [([UInt8], String)] = [
      ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "image/png"), ([0xFF, 0xD8, 0xFF], "image/jpeg"),
      (Array("GIF8".utf8), "image/gif"), (Array("%PDF-".utf8), "application/pdf"),
      ([0x50, 0x4B, 0x03, 0x04], "application/zip"), (Array("OggS".utf8), "audio/ogg"),
      (Array("ID3".utf8), "audio/mpeg"), ([0x1A, 0x45, 0xDF, 0xA3], "video/webm"),
      (Array("#!AMR".utf8), "audio/amr"), ([0x1F, 0x8B], "application/gzip"),
    ]
    for (start, mime) in known where content.starts(with: start) { return mime }
    if content.starts(with: Array("RIFF".utf8)), content.dropFirst(8).starts(with: Array("WEBP".utf8)) {
      return "image/webp"
    }
    if content.starts(with: Array("RIFF".utf8)), content.dropFirst(8).starts(with: Array("WAVE".utf8)) {
      return "audio/wav"
    }
    if content.dropFirst(4).starts(with: Array("ftyp".utf8)) {
      return content.dropFirst(8).starts(with: Array("M4A".utf8)) ? "audio/mp4" : "video/mp4"
    }
    let isText = !content.contains(0) && String(validating: content, as: UTF8.self) != nil
    return isText ? "text/plain; charset=utf-8" : "application/octet-stream"
  }
}

extension Attachment {
  /// Puts a content below `files/`, under its SHA-256.
  ///
  /// - Throws: `SystemError`; `CryptoError` where libcrypto is missing.
  package static func keep(
    _ content: [UInt8], kind: Kind? = nil, name: String, mime: String, _ stage: Stage
  ) throws -> Attachment {
    let sum = try SHA256.hex(content)
    let files = stage.home.files
    try Files.makeDirectory(files)
    let path = "\(files)/\(sum)"
    try Files.write(content, to: path)
    return Attachment(
      kind: kind, path: path, sha256: sum, size: content.count, mime: mime, name: name)
  }
}
