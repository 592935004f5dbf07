import Console
import JSON
import Testing

@testable import Policy

/// The table of calls on a file system in memory; table.py tries the same on a real one.
@Suite struct TableTests {
  @Test("every call of the table has its verdict")
  func table() throws {
    let policy = try makePolicy()
    var count = 0
    for line in try beside("calls.txt").split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
      try #require(parts.count == 2)
      let wanted = parts[0].split(separator: "]").last.map(String.init) ?? ""
      let judgement = policy.judge(call(parts[1]), subject: subject)
      let got = judgement.verdict.rawValue
      #expect(
        got == wanted || wanted == "pass" && got != "deny",
        "\(line): \(got) by \(judgement.rule): \(judgement.reason)")
      if got == "deny" { #expect(judgement.rule.hasPrefix("hard-deny."), "\(line)") }
      count += 1
    }
    #expect(count > 600)
  }

  private func call(_ text: String) -> ToolCall {
    let text = expanded(text, [("%H", home), ("%W", work)])
    if let space = text.firstIndex(of: " "), text.hasSuffix("}"),
      text[..<space].allSatisfy({ $0.isLetter || $0 == "_" }),
      let value = try? JSONReader.parse(String(text[space...].dropFirst())), value.object != nil
    {
      return ToolCall(
        tool: String(text[..<space]), input: Array(text[space...].dropFirst().utf8), workdir: work)
    }
    return bash(expanded(text, [("%B", "\\"), ("%N", "\n")]))
  }

  private func expanded(_ text: String, _ marks: [(String, String)]) -> String {
    var all = ""
    var rest = text[...]
    while !rest.isEmpty {
      if let (mark, value) = marks.first(where: { rest.hasPrefix($0.0) }) {
        all += value
        rest = rest.dropFirst(mark.count)
      } else {
        all.append(rest.removeFirst())
      }
    }
    return all
  }
}

/// The six steps, in their order.
@Suite struct OrderTests {
  @Test("hard denies stand above rules and grants")
  func hardFirst() throws {
    let policy = try makePolicy(try rules(#"[{"then":"allow"}]"#))
    let call = bash("cat ~/.ssh/id_rsa")
    let grant = Grant(
      agent: "claude", workdir: work, scope: .everywhere, matter: .words(["cat", home + "/.ssh/id_rsa"]),
      programs: ["/usr/bin/cat"])
    #expect(policy.judge(call, subject: subject, grants: [grant]).rule == "hard-deny.secret")
    #expect(policy.judge(bash("rm one.txt"), subject: subject).rule == "config.1")
  }

  @Test("persistence inside the work directory is asked every time, whatever rules and grants say")
  func persistence() throws {
    let policy = try makePolicy(try rules(#"[{"then":"allow"}]"#))
    let judgement = policy.judge(bash("echo x > CLAUDE.md"), subject: subject)
    #expect(judgement.verdict == .ask)
    #expect(judgement.rule == "hard-ask.persistence")
    #expect(!judgement.isGrantable && judgement.proposal == nil)
  }

  @Test("plan mode allows reading only")
  func plan() throws {
    let policy = try makePolicy(try rules(#"[{"then":"allow"}]"#))
    let plain = try makePolicy()
    #expect(policy.judge(bash("rm one.txt"), subject: subject, mode: .plan).rule == "plan")
    #expect(plain.judge(bash("cat one.txt"), subject: subject, mode: .plan).verdict == .allow)
    #expect(plain.judge(bash("df -h"), subject: subject, mode: .plan).verdict == .ask)
    #expect(plain.judge(bash("cat /etc/hostname"), subject: subject, mode: .plan).verdict == .ask)
    #expect(plain.judge(bash("$X"), subject: subject, mode: .plan).verdict == .deny)
    let unknown = ToolCall(tool: "Bash", input: nil, workdir: work)
    #expect(
      plain.judge(unknown, subject: subject, mode: .plan).verdict == .ask
        || plain.judge(unknown, subject: subject, mode: .plan).verdict == .deny)
  }

  @Test("the first rule that matches decides, before readers and grants")
  func rulesFirst() throws {
    let policy = try makePolicy(
      try rules(
        #"[{"if":{"chat":"group"},"then":"ask"},{"if":{"tool":["Write","Ed*"],"agent":"claude"},"then":"deny"},{"if":{"workdir":"~/project/src"},"then":"deny"},{"if":{"person":"tty:local","platform":"tty"},"then":"allow"}]"#
      ))
    var group = subject
    group.chat = .group
    #expect(policy.judge(bash("ls"), subject: group).rule == "config.1")
    #expect(policy.judge(bash("ls"), subject: group).verdict == .ask)
    let edit = ToolCall(tool: "Edit", input: Array(#"{"file_path":"a"}"#.utf8), workdir: work)
    #expect(policy.judge(edit, subject: subject).rule == "config.2")
    #expect(policy.judge(bash("ls", workdir: work + "/src"), subject: subject).rule == "config.3")
    #expect(policy.judge(bash("rm x"), subject: subject).rule == "config.4")
    var other = subject
    other.person = "telegram:7"
    other.platform = "telegram"
    #expect(policy.judge(bash("rm x"), subject: other).rule == "default")
  }

  @Test("the shell agent shows readers first, and its grants hold")
  func shellAgent() throws {
    let policy = try makePolicy()
    let judgement = policy.judge(bash("ls"), subject: subject, shellAgent: true)
    #expect(judgement.verdict == .ask)
    let grant = try #require(judgement.proposal)
    #expect(policy.judge(bash("'ls'"), subject: subject, grants: [grant], shellAgent: true).rule == "grant")
  }

  @Test("an input that is not wholly known is asked and never granted")
  func incomplete() throws {
    let policy = try makePolicy(try rules(#"[{"then":"allow"}]"#))
    for call in [
      ToolCall(tool: "Read", input: nil, workdir: work),
      ToolCall(tool: "Bash", input: Array("{".utf8), workdir: work),
      ToolCall(tool: "Bash", input: Array(#"{"command":"ls","command":"rm x"}"#.utf8), workdir: work),
    ] {
      let judgement = policy.judge(call, subject: subject)
      #expect(
        judgement.verdict == .ask && judgement.rule == "incomplete" && !judgement.isGrantable, "\(judgement)")
    }
  }

  @Test("a policy that cannot be read denies everything but plain reading")
  func broken() throws {
    let policy = try makePolicy(.broken)
    #expect(policy.judge(bash("cat one.txt"), subject: subject).verdict == .allow)
    #expect(policy.judge(bash("df"), subject: subject).rule == "broken-policy")
    #expect(policy.judge(bash("rm x"), subject: subject).verdict == .deny)
    #expect(
      policy.judge(ToolCall(tool: "Read", input: nil, workdir: work), subject: subject).verdict == .deny)
  }

  @Test("the root, the home and agim's directory never count as a work directory")
  func workPlaces() throws {
    let policy = try makePolicy()
    for place in ["/", home, home + "/.agim", "/t", "/etc", "/proc/self", "/missing"] {
      #expect(
        policy.judge(bash("cat one.txt", workdir: place), subject: subject).verdict != .allow, "\(place)")
      #expect(policy.judge(bash("ls", workdir: place), subject: subject).verdict != .allow, "\(place)")
    }
    #expect(policy.judge(bash("ls", workdir: home + "/.agim/work"), subject: subject).verdict == .allow)
  }

  @Test("a program that is not the system's is no reader")
  func programs() throws {
    let policy = try makePolicy(path: [work + "/node/bin", "/usr/bin"])
    let judgement = policy.judge(bash("ls"), subject: subject)
    #expect(judgement.verdict == .ask)
    #expect(judgement.scripts == [work + "/node/bin/ls"])
    #expect(judgement.proposal == nil)
    #expect(try makePolicy(path: ["bin", "/usr/bin"]).judge(bash("ls"), subject: subject).verdict == .ask)
    #expect(try makePolicy(path: []).judge(bash("ls"), subject: subject).verdict == .ask)
  }

  @Test("programs and scripts are told for the digest")
  func digest() throws {
    let policy = try makePolicy()
    let judgement = policy.judge(bash("env A=1 sh run.sh | wc -l"), subject: subject)
    #expect(judgement.programs == ["/usr/bin/env", "/usr/bin/sh", "/usr/bin/wc"])
    #expect(judgement.scripts == [work + "/run.sh"])
    #expect(policy.judge(bash("python3 run.sh"), subject: subject).scripts == [work + "/run.sh"])
    #expect(policy.judge(bash("./run.sh"), subject: subject).scripts == [work + "/run.sh"])
  }
}
