import Gate
import JSON
import Policy
import Settings
import System
import TestSupport
import Testing

@Suite("What a yes is about")
struct DigestTests {
  let scratch: Scratch
  let files = SystemFileFacts()
  var work: String { scratch.path + "/work" }

  init() throws {
    scratch = try Scratch()
    try Files.makeDirectory(scratch.path + "/work")
    try Files.makeDirectory(scratch.path + "/work/sub")
    try Files.write(Array("echo one\n".utf8), to: scratch.path + "/work/s.sh")
  }

  func digest(
    _ command: String? = "sh s.sh", agent: String = "shell", session: String = "chat:1",
    tool: String = "Bash",
    workdir: String? = nil, person: String = "chat:U1", path: [String] = Policy.systemPath
  ) throws -> String {
    let input = command.map { text in
      var json = JSONWriter()
      json.value(.object(JSONObject([("command", .string(text))])))
      return json.bytes
    }
    let call = ToolCall(tool: tool, input: input, workdir: workdir ?? work)
    let subject = PolicySubject(
      agent: agent, person: person, chat: .direct, platform: "chat", session: session)
    let policy = Policy(
      rules: .none, home: scratch.path + "/user", agimHome: Home(path: scratch.path + "/home"), files: files,
      path: path)
    return try Digest.of(call, subject, policy.judge(call, subject: subject, shellAgent: true), files: files)
  }

  @Test("is the same for the same")
  func same() throws {
    #expect(try digest() == digest())
    #expect(try digest().utf8.count == 64)
    #expect(try digest(workdir: work + "/sub/..") == digest(workdir: work), "the resolved work directory")
    #expect(try digest(person: "chat:U9") == digest(), "who asked is no part of what runs")
  }

  @Test("changes with each part that it covers")
  func parts() throws {
    let all = [
      try digest(), try digest(agent: "other"), try digest(session: "chat:2"), try digest(tool: "Execute"),
      try digest("sh s.sh x"), try digest("sh  s.sh"), try digest(nil), try digest(workdir: work + "/sub"),
      try digest("sh ./s.sh"),
    ]
    #expect(Set(all).count == all.count)
    // Texts that Swift takes for equal are different commands.
    #expect(try digest("touch \u{e9}") != digest("touch e\u{301}"))
  }

  @Test("changes with the program that a name means")
  func program() throws {
    try Files.makeDirectory(scratch.path + "/bin")
    let path = [scratch.path + "/bin"] + Policy.systemPath
    let before = try digest("touch x", path: path)
    #expect(try before == digest("touch x"))
    let tool = scratch.path + "/bin/touch"
    try Files.write(Array("#!/bin/sh\n".utf8), to: tool)
    let child = try Child(["/bin/chmod", "755", tool], environment: [])
    #expect(child.wait() == .exited(0))
    #expect(try digest("touch x", path: path) != before)
  }

  @Test("changes with a script that is too long to be read, even if its size and time stay")
  func longScript() throws {
    let path = work + "/s.sh"
    let long = [UInt8](repeating: 0x23, count: Digest.scriptLimit + 1)
    try Files.write(long, to: path)
    let before = try digest()
    #expect(try digest() == before)
    // Its time of change cannot be set back.
    let child = try Child(
      ["/bin/sh", "-c", "touch -r s.sh t; printf x | dd of=s.sh conv=notrunc 2>/dev/null; touch -r t s.sh"],
      environment: ["PATH=/usr/bin:/bin"], directory: work)
    #expect(child.wait() == .exited(0))
    #expect(try digest() != before)
  }

  @Test(
    "changes with the content of a script",
    arguments: ["sh s.sh", "bash ./s.sh", "./s.sh", "cd sub; sh ../s.sh"])
  func script(_ command: String) throws {
    let before = try digest(command)
    try Files.write(Array("echo two\n".utf8), to: work + "/s.sh")
    #expect(try digest(command) != before)
    try Files.write(Array("echo one\n".utf8), to: work + "/s.sh")
    #expect(try digest(command) == before)
  }

  @Test("changes when a script comes or goes")
  func missing() throws {
    let before = try digest("sh t.sh")
    try Files.write(Array("echo\n".utf8), to: work + "/t.sh")
    #expect(try digest("sh t.sh") != before)
  }

  @Test("changes with a link in the work directory's path")
  func link() throws {
    let link = scratch.path + "/link"
    func point(at target: String) throws {
      let child = try Child(["/bin/ln", "-sfn", target, link], environment: [])
      #expect(child.wait() == .exited(0))
    }
    try point(at: work)
    let before = try digest("touch x", workdir: link)
    #expect(try before == digest("touch x"))
    try point(at: work + "/sub")
    #expect(try digest("touch x", workdir: link) != before)
  }
}
