internal import Gate
internal import JSON
internal import Policy
internal import Settings
internal import Stage
internal import System

/// What a person may be shown of a work directory: what the gate lets an agent read there unasked.
struct ReadingRules {
  /// The work directory without links.
  let root: String
  private unowned let stage: Stage
  private let subject: PolicySubject
  private let files = SystemFileFacts()

  /// The rules for a request; nil where its work directory is not there.
  init?(_ request: ChatRequest, _ stage: Stage) {
    guard let workdir = request.workdir, workdir.utf8.first == UInt8(ascii: "/") else { return nil }
    let place = files.resolve(workdir, from: "/")
    guard place.kind == .directory else { return nil }
    root = place.path
    self.stage = stage
    let platform = request.person.utf8.prefix { $0 != UInt8(ascii: ":") }
    subject = PolicySubject(
      agent: request.agent, person: request.person, chat: request.isDirect ? .direct : .group,
      platform: String(Substring(platform)), session: request.session)
  }

  /// Why a command of git is not plain reading; nil when it is.
  func refusal(git command: String) -> String? { refusal("Bash", "command", command, GitAlone()) }

  /// Why the use of a tool is not plain reading; nil when it is.
  func refusal(_ tool: String, _ member: String, _ value: String) -> String? {
    refusal(tool, member, value, files)
  }

  private func refusal(_ tool: String, _ member: String, _ value: String, _ files: any FileFacts) -> String? {
    var json = JSONWriter()
    json.beginObject()
    json.name(member)
    json.value(value)
    json.endObject()
    let call = ToolCall(tool: tool, input: json.bytes, workdir: root)
    let policy = Policy(stage.settings, isBroken: stage.isConfigurationBroken, home: stage.home, files: files)
    let first = policy.judge(call, subject: subject)
    guard first.verdict == .allow else { return first.reason }
    if first.rule == "reader" { return nil }
    // A rule of the configuration can forbid it; that one allows it makes nothing plain reading.
    let plain = Policy(
      rules: .none, home: ProcessGuard.variable("HOME") ?? "/", agimHome: stage.home, files: files)
    let second = plain.judge(call, subject: subject)
    return second.verdict == .allow && second.rule == "reader" ? nil : second.reason
  }

  /// A path as a person gave it: where it leads, or why that is not shown.
  ///
  /// The place is free of links, and was judged as well as the path: whoever opens it and follows none gets
  /// what was judged.
  func find(_ given: String, tool: String, member: String) -> (place: ResolvedPath?, refusal: String?) {
    guard !given.utf8.contains(0), given.utf8.count <= 4096 else { return (nil, "That is no path.") }
    // Absolute, so that nobody finds another meaning in it.
    let path = given.utf8.first == UInt8(ascii: "/") ? given : given.isEmpty ? root : "\(root)/\(given)"
    let place = files.resolve(path, from: "/")
    if let refusal = refusal(tool, member, path) ?? refusal(tool, member, place.path) {
      return (nil, refusal)
    }
    return (place, nil)
  }

  /// Whether something is there.
  func isThere(_ name: String) -> Bool { files.resolve("\(root)/\(name)", from: "/").kind != .missing }
}

/// The files as git sees them that was told to read no configuration but the repository's.
private struct GitAlone: FileFacts {
  private let files = SystemFileFacts()
  private let unread: [String]

  init() {
    var home = ProcessGuard.variable("HOME") ?? "/"
    while home.utf8.count > 1, home.utf8.last == UInt8(ascii: "/") { home.removeLast() }
    unread = ["\(home)/.gitconfig", "\(home)/.config/git/config", "/etc/gitconfig"]
  }

  func resolve(_ path: String, from directory: String) -> ResolvedPath {
    unread.contains { $0.utf8.elementsEqual(path.utf8) }
      ? ResolvedPath(path: path, kind: .missing) : files.resolve(path, from: directory)
  }

  func program(_ name: String, path: [String]) -> String? { files.program(name, path: path) }

  func contents(of path: String, limit: Int) -> [UInt8]? { files.contents(of: path, limit: limit) }

  func entries(of directory: String, limit: Int) -> [DirectoryEntry]? {
    files.entries(of: directory, limit: limit)
  }
}
