import Console
import Glibc
import JSON
import System
import TestSupport
import Testing

@testable import Settings

@Suite struct CredentialTests {
  private func account(_ members: String, base: String = "/home/me/.agim") throws -> AccountSettings {
    let settings = try Settings.parse(
      config: Array("{\"accounts\":{\"feishu@work\":{\(members)}}}".utf8), env: nil, home: Home(path: base),
      environment: [:])
    return try #require(settings.account("feishu", "work"))
  }

  private func credential(_ value: String, base: String = "/home/me/.agim") throws -> Credential {
    try #require(try account("\"secret\":\(value)", base: base).credential("secret"))
  }

  @Test func forms() throws {
    let owner = Credential.Owner(account: "feishu@work", key: "secret")
    #expect(try credential("\"hunter2\"") == .literal("hunter2", owner))
    #expect(try credential("{\"env\":\"A_B\"}") == .variable("A_B", owner))
    #expect(try credential("{\"file\":\"/a\"}") == .file("/a", owner))
    #expect(try credential("{\"file\":\"~/a\"}") == .file("~/a", owner))
    #expect(try credential("{\"file\":\"keys/a\"}") == .file("/home/me/.agim/keys/a", owner))
    #expect(try credential("{\"command\":[\"pass\",\"\"]}") == .command(["pass", ""], owner))
    #expect(try credential("{\"credential\":\"feishu\"}") == .systemd("feishu", owner))
    #expect(try account("\"a\":1").credential("secret") == nil)
    let literal = try credential("\"hunter2\"")
    #expect(
      !"\(literal) \(String(reflecting: literal)) \(try account("\"secret\":\"hunter2\""))".contains(
        "hunter2"))
  }

  @Test(
    "what is no credential is refused with its place and without its value",
    arguments: [
      "31337", "\"\"", "null", "true", "[\"hunter2\"]", "{}", "{\"env\":\"A\",\"file\":\"hunter2\"}",
      "{\"env\":\"hunter2=\"}",
      "{\"env\":31337}", "{\"file\":\"\"}", "{\"file\":[\"hunter2\"]}", "{\"command\":\"hunter2\"}",
      "{\"command\":[]}",
      "{\"command\":[\"\"]}", "{\"command\":[\"hunter2\",31337]}", "{\"credential\":\"../hunter2\"}",
      "{\"credential\":\"..\"}",
      "{\"value\":\"hunter2\"}",
    ])
  func refused(value: String) {
    let failure = failure { try credential(value) }
    #expect(failure?.code == .configuration)
    #expect(
      failure?.message.hasPrefix("config.json:1:38: accounts.feishu@work.secret: ") == true,
      "\(failure?.message ?? "")")
    #expect(failure?.description.contains("hunter2") == false)
    #expect(failure?.description.contains("31337") == false)
  }

  @Test func nearest() {
    #expect(failure { try credential("{\"fiel\":\"/a\"}") }?.hint == "did you mean \"file\"?")
  }

  @Test("a platform checks the rest of its account")
  func keys() throws {
    let account = try account("\"app_id\":\"x\",\"enabled\":true,\"port\":1")
    #expect(try account.text("app_id") == "x")
    #expect(try account.text("none") == nil)
    #expect(throws: Never.self) { try account.check(known: ["app_id", "port"]) }
    let unknown = failure { try account.check(known: ["appid", "port"]) }
    #expect(unknown?.message == "config.json:1:29: accounts.feishu@work.app_id: feishu has no such key")
    #expect(unknown?.hint == "did you mean \"appid\"?")
    #expect(
      failure { try account.text("port") }?.message
        == "config.json:1:64: accounts.feishu@work.port: expected a string that is not empty, found a number")
  }

  @Test func variables() throws {
    #expect(try credential("\"a\"").resolve(environment: [:]) == "a")
    #expect(try credential("{\"env\":\"A\"}").resolve(environment: ["A": "b"]) == "b")
    for environment in [[:], ["A": ""]] {
      let failure = failure { try credential("{\"env\":\"A\"}").resolve(environment: environment) }
      #expect(failure?.message == "accounts.feishu@work.secret: variable A is not set")
      #expect(failure?.code == .configuration)
    }
  }

  @Test func files() throws {
    let scratch = try Scratch()
    try scratch.write("key", "line 1\nline 2\n", mode: 0o644)
    #expect(
      try credential("{\"file\":\"key\"}", base: scratch.path).resolve(environment: [:]) == "line 1\nline 2")
    #expect(
      try credential("{\"file\":\"~/key\"}").resolve(environment: ["HOME": scratch.path]) == "line 1\nline 2")
    let directory = ["CREDENTIALS_DIRECTORY": scratch.path]
    #expect(try credential("{\"credential\":\"key\"}").resolve(environment: directory) == "line 1\nline 2")
    let unit = failure { try credential("{\"credential\":\"key\"}").resolve(environment: [:]) }
    #expect(unit?.hint == "add LoadCredential=key to the unit")
    for content in ["", "\n", "\r\n", "hunter2\0", String(repeating: "x", count: 65_537)] {
      try scratch.write("key", content)
      let failure = failure { try credential("{\"credential\":\"key\"}").resolve(environment: directory) }
      #expect(failure?.message.hasPrefix("accounts.feishu@work.secret: ") == true)
      #expect(failure?.code == .configuration)
      #expect(failure?.description.contains("hunter2") == false)
    }
    let gone = failure { try credential("{\"file\":\"none\"}", base: scratch.path).resolve(environment: [:]) }
    #expect(gone?.message == "accounts.feishu@work.secret: file \"\(scratch.path)/none\" does not exist")
  }

  private func run(_ script: String, _ limit: Duration = .seconds(10)) throws -> String {
    try Credential.command(["sh", "-c", script], .init(account: "a", key: "b")).resolve(
      environment: ["PATH": "/usr/bin:/bin", "X": "y"], limit: limit)
  }

  @Test func commands() throws {
    #expect(try run("echo first; echo second") == "first")
    #expect(try run("printf '%s\\r\\n' no-end") == "no-end")
    #expect(try run("printf \"$X\"; cat") == "y")
    #expect(try run("printf x; sleep 30 & exit 0") == "x")
    #expect(try run("head -c 65536 /dev/zero | tr '\\0' x").utf8.count == 65_536)
  }

  @Test(
    "a program that fails is named, its output is not",
    arguments: [
      ("echo hunter2; exit 3", "command \"sh\" ended with exit status 3"),
      ("echo hunter2; kill -9 $$", "command \"sh\" ended with signal 9"),
      ("yes hunter2", "command \"sh\" printed more than 65536 bytes"),
      ("echo", "command \"sh\" gives an empty text"),
      ("true", "command \"sh\" gives an empty text"),
      ("printf '\\377'", "command \"sh\" gives bytes that are no UTF-8 text"),
      ("printf 'a\\000b'", "command \"sh\" gives bytes that are no UTF-8 text"),
    ])
  func failures(script: String, message: String) {
    let failure = failure { try run(script) }
    #expect(failure?.message == "accounts.a.b: " + message)
    #expect(failure?.description.contains("hunter2") == false)
  }

  @Test("a program that hangs is ended with all that it started")
  func slow() throws {
    let scratch = try Scratch()
    let failure = failure {
      try run("echo hunter2; sleep 77 & echo $! > \(scratch.path)/pid; wait", .seconds(1))
    }
    #expect(failure?.message == "accounts.a.b: command \"sh\" took longer than 1s")
    #expect(failure?.code == .unavailable)
    let text = String(decoding: try Files.read(scratch.path + "/pid", limit: 64), as: UTF8.self)
    let pid = try #require(Int32(text.dropLast()))
    // The kernel takes a moment to end it, and whoever inherits it to collect it: until then it is a
    // zombie, without a command line.
    func isAlive() -> Bool { (try? Files.read("/proc/\(pid)/cmdline", limit: 4096))?.isEmpty == false }
    for _ in 0..<200 where isAlive() { usleep(10_000) }
    #expect(!isAlive())
  }

  @Test func missing() {
    let credential = Credential.command(["/none/such"], .init(account: "a", key: "b"))
    let failure = failure { try credential.resolve(environment: [:]) }
    #expect(
      failure?.message == "accounts.a.b: command \"/none/such\" cannot be started: No such file or directory")
  }
}
