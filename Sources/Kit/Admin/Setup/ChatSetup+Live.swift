internal import Console
internal import Glibc
internal import JSON
internal import Settings
internal import System
internal import Text

/// The part of a setup that talks to the platform, through the other commands.
extension ChatSetup {
  /// Tests the account by `agim-send check`.
  func check() throws {
    guard let status = try runCommand("send", ["check", account]) else { return }
    guard status == .exited(0) else {
      throw Failure(
        .unavailable, "setup \(account): the account was written, but its test failed",
        hint: "mend what is said above and do it once more, or undo it with 'agim setup \(account) --remove'")
    }
  }

  /// Sends a first message.
  func greet() throws {
    let text = say(
      Phrase("agim is connected to this chat.", "agim 已连接到这个聊天。"))
    guard let status = try runCommand("send", [account, text]) else { return }
    guard status == .exited(0) else {
      throw Failure(
        .unavailable, "setup \(account): the account was written, but its first message was not delivered",
        hint: "mend what is said above, then try agim-send \(account) hello")
    }
    try dialogue.say(say(Phrase("A first message was delivered.", "第一条消息已送达。")))
  }

  private func runCommand(_ name: String, _ words: [String]) throws -> ExitStatus? {
    guard let program = command(name) else {
      try dialogue.say(say(Phrase("agim-\(name) is not installed: not tested.", "没有安装 agim-\(name):未测试。")))
      return nil
    }
    let child = try Child(
      [program] + words, environment: environment.map { "\($0.key)=\($0.value)" }, output: .share(1))
    return child.wait()
  }

  // MARK: - The first person

  private struct Person {
    var id: String
    var name: String
    var session: String
    var text: String
  }

  /// Waits until somebody writes, and lets that person in if they are the one at the keyboard.
  ///
  /// - Returns: whether somebody was let in.
  mutating func meet(_ wish: Wish) throws -> Bool {
    guard let program = command("recv") else { return false }
    try dialogue.say(
      say(
        Phrase(
          "Now write something to it in \(platform.title). (Waiting for ten minutes; Ctrl-C leaves all as it is.)",
          "现在在 \(platform.title) 里给它发一条消息。(等待十分钟;Ctrl-C 退出,已写入的保留。)")))
    // What is said now is for the pipeline that will be started.
    let variables = environment.merging(["AGIM_PIPE": pipeName]) { _, ours in ours }
    let child = try Child(
      [program, account], environment: variables.map { "\($0.key)=\($0.value)" }, output: .pipe)
    defer {
      kill(child.pid, SIGTERM)
      _ = child.wait()
    }
    var lines = FirstLines(child)
    while let line = try lines.next(within: 600_000) {
      guard let person = Self.person(line) else { continue }
      let shown = "\(person.name.isEmpty ? person.id : person.name) (\(person.id))"
      let said = displayEscaped(person.text.count > 60 ? "\(person.text.prefix(59))…" : person.text)
      try dialogue.say(say(Phrase("\(shown) writes: \(said)", "\(shown) 说:\(said)")))
      let question = say(
        Phrase(
          "Is that you? They may then talk to agents and answer their requests.", "是你吗?此人将可以与智能体对话并批准请求。"))
      guard try dialogue.agrees(question, standard: true) else { continue }
      try letIn(person, wish)
      return true
    }
    try dialogue.say(
      say(
        Phrase(
          "Nobody wrote. People can be let in later: agim-approve(1), PAIRING.",
          "没有人发消息。以后可以配对:见 agim-approve(1)。")))
    return false
  }

  private static func person(_ line: [UInt8]) -> Person? {
    guard let value = try? JSONReader.parse(line), value["type"]?.string == "message",
      let session = value["session"]?.string, let id = value["from"]?["id"]?.string
    else { return nil }
    return Person(
      id: id, name: value["from"]?["name"]?.string ?? "", session: session, text: value["text"]?.string ?? "")
  }

  private mutating func letIn(_ person: Person, _ wish: Wish) throws {
    add(person.id, to: ["allow", platform.name])
    add("\(platform.name):\(person.id)", to: ["approvers"])
    if let chat = person.session.split(separator: ":").dropFirst().first {
      edit.set(["accounts", account, "to"], .string(String(chat)))
    }
    _ = try write(Wish(agreedLike: wish))
  }

  private mutating func add(_ text: String, to path: [String]) {
    let present = edit[path]
    if present?.string == "*" { return }
    var list = present?.array ?? []
    guard !list.contains(where: { $0.string == text || $0.string == "*" }) else { return }
    list.append(.string(text))
    edit.set(path, .array(list))
  }

  // MARK: - A pipeline

  var pipeName: String { account.replacingAt }

  /// Chooses an agent, writes `pipes/NAME` and those of reminders and jobs, and starts them.
  mutating func offerPipeline(_ wish: Wish) throws {
    let root = old?.root ?? JSONObject()
    var agent = root["default_agent"]?.string
    if agent == nil {
      let names = Setup.agents(settings, root, find)
      let chosen = try dialogue.choice(dialogue.words.agent, names, standard: 0)
      agent = names[chosen]
    }
    var pipes: [PipeFile] = []
    for (name, text) in [(pipeName, Self.pipeline(account, agent ?? "shell"))] + companions(agent ?? "shell")
    {
      let pipe = try PipeFile(name, in: home)
      if access(pipe.path, F_OK) != 0 {
        do {
          try Files.makeDirectory(home.pipes)
          try Files.write(Array(text.utf8), to: pipe.path)
        } catch {
          throw Failure(.cannotCreate, "cannot write \(Shown.path(pipe.path)): \(error.reason)")
        }
        try dialogue.say(dialogue.words.written(pipe.path))
      }
      pipes.append(pipe)
    }
    let question = say(Phrase("Start it now, in the background?", "现在在后台启动吗?"))
    guard try dialogue.agrees(question, standard: true), let program = command("") else {
      return try dialogue.say(pipes.map { "agim start \($0.name) --bg" }.joined(separator: "\n"))
    }
    for pipe in pipes { try PipeControl.startInBackground(pipe, program: program) }
    try dialogue.say(
      say(
        Phrase(
          "It runs: look in \(platform.title). 'agim stop \(pipeName)' ends it.",
          "已启动:请看 \(platform.title)。用 agim stop \(pipeName) 停止。")))
  }

  static func pipeline(_ account: String, _ agent: String) -> String {
    "agim-recv \(account) | agim-route | agim-approve | agim-run \(agent) | agim-send\n"
  }

  /// By what a pipeline is known that makes /remind and /cron, or /job, work in every chat.
  private static let companions = [
    (name: "reminders", stage: "agim-remind watch", rest: "agim-route | agim-approve | agim-run"),
    (name: "jobs", stage: "agim-recv job", rest: "agim-run"),
  ]

  /// Those that no pipeline of this home is yet, and their text.
  private func companions(_ agent: String) -> [(String, String)] {
    let known = PipeFile.names(in: home).compactMap { name in
      (try? Files.readRegular("\(home.pipes)/\(name)", limit: 64 << 10)).map { (name, $0) }
    }
    return Self.companions.compactMap { one in
      let isThere = known.contains { name, text in
        name == one.name || text.split(separator: 0x0A).contains { Self.begins($0, one.stage) }
      }
      return isThere ? nil : (one.name, "\(one.stage) | \(one.rest) \(agent) | agim-send\n")
    }
  }

  private static func begins(_ line: ArraySlice<UInt8>, _ stage: String) -> Bool {
    line.drop { $0 == 0x20 || $0 == 0x09 }.starts(with: stage.utf8)
  }

  // MARK: - Undoing

  /// Takes the account away, with the people of its platform if it is the last one there, and its pipeline if
  /// that is as it was made here.
  mutating func remove(_ wish: Wish) throws {
    guard edit[["accounts", account]] != nil else { return try dialogue.say(dialogue.words.nothing) }
    edit.remove(["accounts", account])
    let left = edit[["accounts"]]?.object?.members.map(\.name) ?? []
    if left.isEmpty { edit.remove(["accounts"]) }
    if !left.contains(where: { $0 == platform.name || $0.hasPrefix("\(platform.name)@") }) {
      edit.remove(["allow", platform.name])
      if edit[["allow"]]?.object?.isEmpty == true { edit.remove(["allow"]) }
      for key in ["approvers", "admins"] {
        guard let people = edit[[key]]?.array else { continue }
        let rest = people.filter { $0.string?.hasPrefix("\(platform.name):") != true }
        if rest.count < people.count { rest.isEmpty ? edit.remove([key]) : edit.set([key], .array(rest)) }
      }
    }
    guard try write(wish) else { return }
    try removePipeline(pipeName, "agim-recv \(account)")
    let isLast = left.allSatisfy { name in
      ChatPlatform.of(name.split(separator: "@").first.map(String.init) ?? name) == nil
    }
    guard isLast else { return }
    for one in Self.companions { try removePipeline(one.name, one.stage) }
  }

  /// Ends and removes a pipeline; one that somebody has changed is theirs.
  private mutating func removePipeline(_ name: String, _ stage: String) throws {
    let pipe = try PipeFile(name, in: home)
    guard let content = try? Files.readRegular(pipe.path, limit: 4096) else { return }
    let text = String(decoding: content, as: UTF8.self)
    guard text.hasPrefix("\(stage) | "), text.split(separator: "\n").count == 1 else { return }
    _ = try? PipeControl.stop(pipe)
    if unlink(pipe.path) == 0 { try dialogue.say(say(Phrase("Removed: \(pipe.path)", "已删除:\(pipe.path)"))) }
  }
}

extension String {
  /// The name of a pipeline: no `@` in it, nor what else an account may be called.
  fileprivate var replacingAt: String {
    String(
      decoding: utf8.map { byte in
        byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
          || "._-".utf8.contains(byte)
          ? byte : UInt8(ascii: "-")
      }.prefix(64), as: UTF8.self)
  }
}

/// The lines that a child prints, as they come.
private struct FirstLines {
  private let child: Child
  private var buffer: [UInt8] = []

  init(_ child: Child) { self.child = child }

  /// The next line; nil at the end, or when none has come within so many milliseconds.
  mutating func next(within time: Int64) throws -> [UInt8]? {
    let deadline = Clock.system.monotonic() + time
    while true {
      if let end = buffer.firstIndex(of: 0x0A) {
        defer { buffer.removeSubrange(...end) }
        return Array(buffer[..<end])
      }
      guard let output = child.output else { return nil }
      let left = deadline - Clock.system.monotonic()
      guard left > 0, buffer.count <= 2 << 20 else { return nil }
      if let piece = try output.read(upTo: 65_536, subject: "agim-recv") {
        if piece.isEmpty { return nil }
        buffer += piece
        continue
      }
      var polls = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
      poll(&polls, 1, Int32(clamping: left))
    }
  }
}
