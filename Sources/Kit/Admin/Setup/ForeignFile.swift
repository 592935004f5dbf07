internal import Console
internal import Glibc
internal import JSON
internal import Settings
internal import System
internal import Text

/// The settings of another program, which are changed only as they are shown, with a copy of the old ones beside.
enum ForeignFile {
  /// Shows what would change.
  static func show(_ old: [UInt8]?, _ new: [UInt8]?, _ path: String, _ dialogue: Dialogue) throws {
    let words = dialogue.words
    try dialogue.say(
      new == nil ? words.removed(path) : old == nil ? words.newFile(path) : words.difference(path))
    // People keep keys in these files, too.
    let scrubber = Scrubber(exact: [])
    for line in Difference.lines(Self.lines(old), Self.lines(new)) {
      try dialogue.say(scrubber.scrub(line).text)
    }
  }

  private static func lines(_ bytes: [UInt8]?) -> [String] {
    var lines = (bytes ?? []).split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Where the file really is: people keep such files elsewhere and link to them.
  static func real(_ path: String) throws -> String {
    guard let found = realpath(path, nil) else {
      // A link that leads nowhere is somebody's mistake, and not to be written through.
      var status = stat()
      guard lstat(path, &status) != 0 else {
        throw Failure(
          .noInput, "\(Shown.path(path)) leads nowhere: \(String(cString: strerror(errno)))",
          hint: "mend the link first; nothing was changed")
      }
      return path
    }
    defer { free(found) }
    return String(cString: found)
  }

  /// What it holds; nil where it is not there.
  static func read(_ path: String) throws -> [UInt8]? {
    do {
      return try Files.readRegular(path, limit: HookFile.limits.maxBytes)
    } catch {
      if error.errno == ENOENT { return nil }
      throw Failure(.noInput, "cannot read \(Shown.path(path)): \(error.reason)", hint: "nothing was changed")
    }
  }

  /// Writes it, or removes it where it is to hold nothing, and keeps a copy of the old one.
  static func write(
    _ new: [UInt8]?, over old: [UInt8]?, _ path: String, _ dialogue: Dialogue
  ) throws {
    guard try read(path) == old else {
      throw Failure(
        .temporary, "\(Shown.path(path)) was changed meanwhile", hint: "nothing was written; try again")
    }
    var status = stat()
    let mode = stat(path, &status) == 0 ? status.st_mode & 0o777 : 0o600
    var number = Clock.system.now().milliseconds / 1000
    // Never over one that was made in the same second: it may be the one from before.
    while access("\(path).\(number).bak", F_OK) == 0 { number += 1 }
    let backup = "\(path).\(number).bak"
    // An interruption comes before or after both, not between them.
    let loop = EventLoop(clock: .system)
    try loop.onSignals([SIGINT, SIGTERM, SIGHUP]) { _ in }
    do {
      if old == nil, let slash = path.lastIndex(of: "/") { try Files.makeDirectory(String(path[..<slash])) }
      if let old { try Files.write(old, to: backup) }
      if let new {
        try Files.write(new, to: path)
        chmod(path, mode)
      } else if unlink(path) != 0 {
        throw SystemError("unlink", path)
      }
    } catch {
      throw Failure(
        .cannotCreate, "cannot write \(Shown.path(path)): \((error as? SystemError)?.reason ?? "\(error)")",
        hint: "nothing was changed")
    }
    if new != nil { try dialogue.say(dialogue.words.written(path)) }
    if old != nil { try dialogue.say(dialogue.words.backup(backup)) }
  }
}
