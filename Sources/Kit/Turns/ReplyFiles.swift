internal import Console
internal import Gate
internal import Policy
internal import Stage
internal import System

/// Files that an agent shows in its reply: pictures in Markdown, `![text](path)`, and lines `MEDIA: path`.
///
/// Only what the policy lets the agent read unasked goes out, and a reply never asks for more: a picture of a
/// secret is as good as the secret.
enum ReplyFiles {
  private static let countLimit = 8
  private static let sizeLimit = 20 << 20

  /// The paths that a reply names, in their order, each once.
  static func paths(in text: String) -> [String] {
    var paths: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      if line.utf8.starts(with: "MEDIA:".utf8) {
        add(trimmed(line.dropFirst(6)), to: &paths)
        continue
      }
      var rest = line[...]
      while let mark = rest.utf8.firstIndex(of: UInt8(ascii: "!")) {
        rest = rest[rest.index(after: mark)...]
        guard rest.utf8.first == UInt8(ascii: "["), let close = rest.firstIndex(of: "]") else { continue }
        let behind = rest[rest.index(after: close)...]
        guard behind.first == "(", let end = behind.firstIndex(of: ")") else { continue }
        // A title may stand behind the path.
        let inside = behind[behind.index(after: behind.startIndex)..<end]
        add(trimmed(inside.split(separator: "\"", maxSplits: 1).first ?? inside), to: &paths)
        rest = behind[end...]
      }
    }
    return paths
  }

  private static func add(_ path: Substring, to paths: inout [String]) {
    var path = path
    if path.first == "<", path.last == ">" { path = path.dropFirst().dropLast() }
    // Addresses on the network are for the platform to show.
    guard !path.isEmpty, path.utf8.count <= 4096, !path.utf8.contains(UInt8(ascii: ":")),
      !path.utf8.contains(0), paths.count < countLimit, !paths.contains(String(path))
    else { return }
    paths.append(String(path))
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first.isWhitespace { text = text.dropFirst() }
    while let last = text.last, last.isWhitespace { text = text.dropLast() }
    return text
  }

  /// The files of a reply, kept below `files/`.
  ///
  /// `mayRead`: whether the policy lets the agent read a path, which is absolute and has no links.
  static func keep(_ text: String, workdir: String, _ stage: Stage, mayRead: (String) -> Bool) -> [Attachment]
  {
    let files = SystemFileFacts()
    var kept: [Attachment] = []
    for path in paths(in: text) {
      let place = files.resolve(path, from: files.resolve(workdir, from: "/").path)
      guard place.kind == .file, mayRead(place.path) else { continue }
      do {
        let content = try Files.readRegularWithoutLinks(place.path, limit: sizeLimit)
        let name = place.path.split(separator: "/").last.map(String.init) ?? "file"
        kept.append(try Attachment.keep(content, name: name, mime: Attachment.mime(of: content), stage))
      } catch {
        Log.warning("a file that an agent shows is left out: \(error)")
      }
    }
    return kept
  }
}
