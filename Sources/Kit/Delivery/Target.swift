internal import Console
internal import Glibc
package import Settings
package import Wire

/// Where text can be sent to, as the command line and the outbox name it.
package enum Target: Equatable, Sendable, CustomStringConvertible {
  /// Standard output.
  case stdout
  /// The end of a file.
  case file(String)
  /// The inbox, as a message.
  case inbox
  /// A program, once per delivery.
  case command(String)
  /// A chat on a platform.
  case address(Address)

  /// Reads a target: a name from `addresses`, `stdout`, `inbox`, `file:PATH`, `command:PROGRAM` or an address.
  ///
  /// - Throws: `Failure` with status 64 that names what it could have been.
  package init(_ text: String, settings: Settings) throws {
    if let address = settings.addresses[text] {
      self = try Target(known: address)
      return
    }
    do {
      self = try Target(known: text)
    } catch {
      let names = settings.addresses.keys.sorted() + ["stdout", "inbox", "file:", "command:"]
      throw Failure.usage(
        "'\(text)' is no target",
        hint: Nearest.match(text, among: names).map { "did you mean \($0)?" }
          ?? "stdout, inbox, file:PATH, command:PROGRAM, an address or a name from \"addresses\"; see agim-address(7)"
      )
    }
  }

  /// Reads a target that is not a name.
  ///
  /// - Throws: `Failure` with status 64.
  package init(known text: String) throws {
    switch text {
    case "stdout": self = .stdout
    case "inbox": self = .inbox
    default:
      if text.hasPrefix("file:"), text.utf8.count > 5, !text.utf8.contains(0) {
        self = .file(Self.absolute(String(text.dropFirst(5))))
      } else if text.hasPrefix("command:") {
        _ = try ProgramWords.split(String(text.dropFirst(8)))
        self = .command(String(text.dropFirst(8)))
      } else if let address = Address(text) {
        self = address.platform == "stdin" ? .stdout : .address(address)
      } else {
        throw Failure.usage("'\(text)' is no target")
      }
    }
  }

  /// Where a reply in a session goes when nothing else is said.
  package init(session: String) throws {
    guard let address = Address(session) else { throw Failure(.dataError, "'\(session)' is not an address") }
    switch address.platform {
    // Who wrote to us from these has no address of his own. A session never names a file or a program:
    // whoever can write a line could choose it.
    case "stdin", "inbox": self = .stdout
    default: self = .address(address)
    }
  }

  /// A path that means the same to an agim-send that was started elsewhere.
  private static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
    defer { free(directory) }
    return "\(String(cString: directory))/\(path)"
  }

  package var description: String {
    switch self {
    case .stdout: "stdout"
    case .inbox: "inbox"
    case .file(let path): "file:\(path)"
    case .command(let program): "command:\(program)"
    case .address(let address): address.description
    }
  }

  /// The chat that it is; nil for everything else.
  package var address: Address? { if case .address(let address) = self { address } else { nil } }

  /// The session that plain text for this target belongs to.
  package var session: String {
    switch self {
    case .stdout: "stdin:stdout"
    case .inbox: "inbox:main"
    case .file(let path): Address(platform: "file", channel: path).description
    case .command(let program): Address(platform: "command", channel: program).description
    case .address(let address): address.description
    }
  }
}
