internal import Console
internal import Crypto
internal import Glibc
internal import JSON
internal import Journal
internal import Policy
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// For whom agim's own tools work: how the process is told, before the store is asked.
package enum ScopeSource: Sendable {
  /// A file with the token of a running turn.
  case file(String)
  /// A person at a terminal: what program they use, and the chat that it may write to.
  case terminal(program: String, to: String?)
}

/// What a call may reach: one session, one person.
struct ToolScope {
  /// The running turn's message and its row; nil at a terminal.
  var turn: TurnScopeRow?
  var subject: PolicySubject
  var workdir: String
  var isPlan: Bool
  /// Where what it sends goes; nil where no chat is named.
  var cause: Cause?
  /// Agents that have been asked on the way to this one, the first first, this one last.
  var chain: [String]
  /// Agents that can be asked.
  var agents: [String]
}

/// Why a call is not possible, in words for a model.
struct ToolRefusal: Error {
  let text: String
  init(_ text: String) { self.text = text }
}

extension ToolScope {
  private static let over =
    "This turn is over, or was never agim's: agim's tools work only while the message that you were given is "
    + "being worked on. Do not call them again; say what matters in your answer."

  /// Looks up what a source may reach now.
  ///
  /// - Throws: `ToolRefusal`, and what the store says.
  static func resolve(_ source: ScopeSource, _ stage: Stage) throws -> ToolScope {
    switch source {
    case .file(let path): try ofTurn(try token(path), stage)
    case .terminal(let program, let to): try ofTerminal(program, to, stage)
    }
  }

  private static func token(_ path: String) throws -> String {
    let content: [UInt8]
    do {
      content = try Files.readRegular(path, limit: 4096)
    } catch {
      guard error.errno == ENOENT else { throw ToolRefusal("\(over) (\(error))") }
      throw ToolRefusal(
        over + " Where several conversations run in one program at once, agim cannot tell for which of them "
          + "a call is: then try again when the others have ended.")
    }
    guard let token = (try? JSONReader.parse(content))?["token"]?.string, token.utf8.count == 64 else {
      throw ToolRefusal(over)
    }
    return token
  }

  private static func ofTurn(_ token: String, _ stage: Stage) throws -> ToolScope {
    let now = stage.journal.clock.now()
    guard let row = try stage.journal.store.turnScope(hash: try SHA256.hex(token)), row.expires > now,
      !stage.journal.isDead(row.holder), let message = try stage.journal.store.inbox(id: row.message)
    else { throw ToolRefusal(over) }
    var scanner = LineScanner()
    try? scanner.scan(message.line.span)
    let envelope = try? Envelope(scanner, message.line.span)
    let line = (try? JSONReader.parse(message.line, limits: .line)) ?? .null
    let platform = row.person.utf8.prefix { $0 != UInt8(ascii: ":") }
    let asked = (line["asked_by"]?["chain"]?.array ?? []).compactMap(\.string)
    return ToolScope(
      turn: row,
      subject: PolicySubject(
        agent: row.agent, person: row.person, chat: row.chat == "direct" ? .direct : .group,
        platform: String(decoding: platform, as: UTF8.self), session: row.session),
      workdir: row.workdir, isPlan: row.isPlan,
      cause: Cause(
        id: row.message, trace: envelope?.trace ?? row.message, session: row.session,
        replyTo: envelope?.replyTo),
      chain: (message.platform == "agent" ? asked : []) + [row.agent],
      agents: ((try? JSONReader.parse(Array(row.agents.utf8)))?.array ?? []).compactMap(\.string))
  }

  private static func ofTerminal(_ program: String, _ to: String?, _ stage: Stage) throws -> ToolScope {
    // Below an agim-run its own scope counts, and no other.
    guard !ProcessTree.isBelowGuardian() else { throw ToolRefusal(over) }
    let address = try (to ?? stage.settings.hookTo).map { text in
      guard let address = Address(stage.settings.addresses[text] ?? text) else {
        throw ToolRefusal(
          "'\(text)' is neither an address nor the name of one: the person has to mend --to of agim-mcp, or "
            + "\"hook\" in agim's config.json.")
      }
      return address.description
    }
    let settings = stage.settings.agent(program)
    return ToolScope(
      turn: nil,
      subject: PolicySubject(
        agent: program, person: "tty:\(userName)", chat: .direct, platform: "tty",
        session: address ?? "tty:\(program)"),
      workdir: currentDirectory, isPlan: settings.mode == "plan",
      cause: address.map { Cause(id: nil, trace: nil, session: $0) }, chain: [program], agents: [])
  }

  private static var userName: String {
    guard let record = getpwuid(geteuid()), let name = record.pointee.pw_name else { return "\(geteuid())" }
    return String(cString: name)
  }

  private static var currentDirectory: String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }

  /// Where what is sent goes.
  ///
  /// - Throws: `ToolRefusal` where there is no chat.
  func chat() throws -> Cause {
    guard let cause else {
      throw ToolRefusal(
        "No chat is named for this program: the person has to say \"hook\": {\"to\": ADDRESS} in agim's "
          + "config.json, or --to ADDRESS to agim-mcp. Say it in your answer instead.")
    }
    return cause
  }
}
