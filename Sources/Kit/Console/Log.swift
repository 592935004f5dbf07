internal import Glibc
internal import Synchronization
internal import System

/// Standard error: one line a state change, `key=value`, with priorities under systemd.
package enum Log {
  /// How much a line matters.
  package enum Level: Int, Sendable {
    case error = 3
    case warning = 4
    case notice = 5
    case info = 6
  }

  private struct State {
    var name = "agim"
    var threshold = Level.notice
  }
  private static let state = Mutex(State())

  /// The command's name, which begins every line.
  package static var name: String {
    get { state.withLock { $0.name } }
    set { state.withLock { $0.name = newValue } }
  }

  /// The least important level that is shown: notice; `-v` makes it info, `-q` warning.
  package static var threshold: Level {
    get { state.withLock { $0.threshold } }
    set { state.withLock { $0.threshold = newValue } }
  }

  private static let underSystemd = ProcessGuard.variable("JOURNAL_STREAM") != nil

  /// Writes one line: what happened, and the values that belong to it.
  package static func write(_ level: Level, _ event: String, _ values: [(String, String)] = []) {
    guard level.rawValue <= threshold.rawValue else { return }
    var line = underSystemd ? "<\(level.rawValue)>" : ""
    line += "\(name): \(event)"
    for (key, value) in values { line += " \(key)=\(quoted(value))" }
    line += "\n"
    // When even this fails there is nobody left to tell.
    try? Files.writeAll(Array(line.utf8), to: 2, subject: "standard error")
  }

  /// A warning.
  package static func warning(_ event: String, _ values: [(String, String)] = []) {
    write(.warning, event, values)
  }

  /// A change of state.
  package static func notice(_ event: String, _ values: [(String, String)] = []) {
    write(.notice, event, values)
  }

  /// A detail for `-v`.
  package static func info(_ event: String, _ values: [(String, String)] = []) { write(.info, event, values) }

  /// Tells why the command ends.
  package static func failure(_ failure: Failure) {
    write(.error, failure.description)
    if failure.code == .usage { write(.error, "try '\(name) --help'") }
  }

  /// Tells a supervisor that asked for it (`NOTIFY_SOCKET`, see sd_notify(3)) how we are.
  package static func tellSupervisor(_ state: String) {
    guard let path = ProcessGuard.variable("NOTIFY_SOCKET") else { return }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    // A leading @ stands for the NUL of an abstract address.
    if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return }
    defer { close(socket) }
    let message = Array(state.utf8)
    _ = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(socket, message, message.count, Int32(MSG_NOSIGNAL), $0, length)
      }
    }
  }

  static func quoted(_ value: String) -> String {
    let isPlain = value.unicodeScalars.allSatisfy {
      $0.value > 0x20 && $0 != "\"" && $0 != "=" && !isControl($0)
    }
    if isPlain, !value.isEmpty { return value }
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      default: text += isControl(scalar) ? "?" : String(scalar)
      }
    }
    return text + "\""
  }

  /// What a terminal may take for a command: the C1 controls too.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
  }
}
