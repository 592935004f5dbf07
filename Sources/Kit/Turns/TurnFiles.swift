internal import Console
internal import Crypto
internal import Gate
internal import Glibc
internal import JSON
internal import Policy
internal import Settings
internal import Stage
package import System

/// A file that a person sent, as the agent can open it.
package struct TurnFile: Equatable, Sendable {
  /// `image`, `file`, `voice` or `video`.
  package var kind: String
  /// Where the agent finds it: a copy below the work directory.
  package var path: String
  /// Its MIME type as the platform said it; empty where it did not.
  package var mime: String
  /// Its name for people.
  package var name: String
  /// Its size in bytes.
  package var size: Int

  /// Whether a model that sees can be shown it: the formats that every one of them takes.
  package var isPicture: Bool { ["image/png", "image/jpeg", "image/gif", "image/webp"].contains(mime) }

  /// Its content.
  ///
  /// - Throws: `SystemError`, also where it is larger than `limit`.
  package func content(limit: Int) throws(SystemError) -> [UInt8] { try Files.read(path, limit: limit) }
}

/// The files of a message, in a directory of the turn's own.
enum TurnFiles {
  private static let countLimit = 32
  private static let sizeLimit = 256 << 20
  /// Milliseconds for which files of earlier turns stay: the agent may be asked about them again.
  private static let keptFor: Int64 = 7 * 86_400_000
  /// The directory below the work directory.
  static let folder = ".agim"

  /// Copies what a message carries to where its agent may read it.
  ///
  /// Only files below `files/` whose content has the hash that the line says: a line may name anything.
  static func copy(_ line: JSONValue, turn id: String, workdir: String, _ stage: Stage) -> [TurnFile] {
    let all = line["attachments"]?.array ?? []
    guard !all.isEmpty else { return [] }
    let base = "\(workdir)/\(folder)"
    let own = "\(base)/\(id)"
    var files: [TurnFile] = []
    for (index, one) in all.prefix(countLimit).enumerated() {
      guard let kind = one["kind"]?.string, kind != "location", let path = one["path"]?.string,
        let sum = one["sha256"]?.string
      else { continue }
      do {
        guard path == "\(stage.home.files)/\(sum)" else {
          throw Failure(.dataError, "it is not below files/ under its own hash")
        }
        let content = try Files.read(path, limit: sizeLimit)
        guard try SHA256.hex(content) == sum else { throw Failure(.dataError, "its content has changed") }
        if files.isEmpty {
          // A repository may have a link of this name that leads anywhere.
          let facts = SystemFileFacts()
          guard facts.resolve(base, from: "/").path == facts.resolve(workdir, from: "/").path + "/" + folder
          else { throw Failure(.cannotCreate, "\(base) is a link") }
          tidy(base, facts)
          try Files.makeDirectory(own)
          try Files.write(Array("*\n".utf8), to: "\(base)/.gitignore")
        }
        let mime = one["mime"]?.string ?? ""
        let name = safe(one["name"]?.string ?? "", number: index + 1)
        let taken = files.contains { $0.path == "\(own)/\(name)" }
        let target = taken ? "\(own)/\(index + 1)-\(name)" : "\(own)/\(name)"
        try Files.write(content, to: target)
        files.append(TurnFile(kind: kind, path: target, mime: mime, name: name, size: content.count))
      } catch {
        Log.warning("an attachment is left out: \(error)", [("file", path)])
      }
    }
    return files
  }

  /// A name for a file: what a sender wrote, without all that a path or a terminal could take ill.
  static func safe(_ name: String, number: Int) -> String {
    var out = ""
    for scalar in name.unicodeScalars {
      switch scalar.value {
      case 0..<0x20, 0x7F..<0xA0, 0x2F, 0x5C, 0x200B...0x200F, 0x202A...0x202E, 0x2066...0x2069: out += "_"
      default: out.unicodeScalars.append(scalar)
      }
      if out.utf8.count >= 120 { break }
    }
    while out.utf8.first == UInt8(ascii: ".") || out.utf8.first == UInt8(ascii: "-") { out.removeFirst() }
    return out.isEmpty ? "file-\(number)" : out
  }

  /// Removes what turns of long ago left.
  private static func tidy(_ base: String, _ facts: SystemFileFacts) {
    let now = Clock.system.now().milliseconds
    for entry in facts.entries(of: base, limit: 1000) ?? [] where entry.kind == .directory {
      let path = "\(base)/\(entry.name)"
      var info = stat()
      guard lstat(path, &info) == 0, now - Int64(info.st_mtim.tv_sec) * 1000 > keptFor else { continue }
      for file in facts.entries(of: path, limit: 1000) ?? [] { unlink("\(path)/\(file.name)") }
      rmdir(path)
    }
  }
}
