import JSON
import Settings
import System
import TestSupport
import Testing

@testable import Admin

private func object(_ text: String) throws -> JSONObject {
  try #require(
    JSONReader.parse(Array(text.utf8), limits: JSONLimits(maxBytes: 1 << 20, maxDepth: 64), dialect: .relaxed)
      .object)
}

@Suite struct DifferenceTests {
  @Test(
    "lines that went and came, with what is near",
    arguments: [
      ("a b c", "a b c", ""), ("a b c", "a x c", "  a|- b|+ x|  c"), ("", "a b", "+ a|+ b"),
      ("a b", "", "- a|- b"),
      ("a b c d e f g", "a b c d e f x", "  ...|  e|  f|- g|+ x"),
      ("x b c d e f g", "b c d e f g", "- x|  b|  c|  ..."),
      ("a b", "b a", "- a|  b|+ a"),
    ])
  func lines(_ old: String, _ new: String, _ shown: String) {
    let words = { (text: String) in text.split(separator: " ").map(String.init) }
    #expect(Difference.lines(words(old), words(new)).joined(separator: "|") == shown)
  }

  @Test("what is shown always leads from the one text to the other")
  func complete() {
    var random = SplitMix(state: 7)
    for _ in 0..<300 {
      let make = { (count: Int, random: inout SplitMix) in (0..<count).map { _ in "\(random.next() % 4)" } }
      let old = make(Int(random.next() % 12), &random)
      let new = make(Int(random.next() % 12), &random)
      let lines = Difference.lines(old, new, context: 100)
      guard old != new else {
        #expect(lines.isEmpty)
        continue
      }
      #expect(lines.filter { !$0.hasPrefix("+") }.map { String($0.dropFirst(2)) } == old)
      #expect(lines.filter { !$0.hasPrefix("-") }.map { String($0.dropFirst(2)) } == new)
    }
  }

  @Test("two large texts without anything in common take no time to speak of")
  func large() {
    let old = (0..<20_000).map { "old \($0)" }
    let new = (0..<20_000).map { "new \($0)" }
    #expect(Difference.lines(old, new).count == 40_000)
  }
}

@Suite struct ConfigTextTests {
  @Test(
    "comments are counted, what looks like one in a string is not",
    arguments: [
      ("{}", 0), ("{} // one", 1), ("/* a */ {} /* b\n c */", 2), (#"{"a": "// no"}"#, 0),
      (#"{"a": "\"// no"} // yes"#, 1), (#"{"a\\": 1 /**/}"#, 1), ("// a\n// b\n{}", 2),
      (#"{"a": "\\"} //"#, 1),
    ])
  func comments(_ text: String, _ count: Int) {
    #expect(ConfigText.comments(Array(text.utf8)) == count)
  }

  @Test("the text of a file reads back as what was written, whatever it holds")
  func pretty() throws {
    let root = try object(
      #"{"a":{},"b":[],"c":[1,"x",null],"d":[{"e":[[]]},2],"f":"\u001b\"\\\u0000é","g":{"h":{"i":1e400}}}"#)
    #expect(try object(String(decoding: ConfigText.pretty(root), as: UTF8.self)) == root)
  }

  @Test("secrets are not shown, and where they come from is")
  func masked() throws {
    let root = try object(
      #"""
      {"accounts": {"x": {"app_id": "shown", "secret": "hush", "token": {"env": "NAME"}, "n": 12345,
        "deep": {"er": ["hush"]}, "enabled": true}},
       "agents": {"a": {"command": ["shown"], "env": {"KEY": "hush"}}}, "models": {"m": {"key": "hush"}},
       "language": "en"}
      """#)
    let shown = ConfigText.shown(root).joined(separator: "\n")
    for word in ["shown", "NAME", "true", "en"] { #expect(shown.utf8.contains(word)) }
    for word in ["hush", "12345"] { #expect(!shown.utf8.contains(word)) }
  }

  @Test("the words of a command line, or a shell for what only a shell reads")
  func command() {
    #expect(Setup.command("  tr  a-z A-Z ") == ["tr", "a-z", "A-Z"])
    #expect(Setup.command("a|b") == ["sh", "-c", "a|b"])
    for line in ["a 'b c'", "a $HOME", "a; b", "a > b", "~/a", "a\"b", "a*", "`a`"] {
      #expect(Setup.command(line) == ["sh", "-c", line])
    }
  }
}

@Suite struct ImportTests {
  private func imported(
    _ text: String, into old: String = "{}", drivers: [String] = ["exec", "claude"]
  ) throws -> Import {
    var importing = Import(into: try object(old), drivers: drivers)
    importing.add(try object(text))
    return importing
  }

  @Test("agents that this version runs are taken over under their names here")
  func agents() throws {
    let result = try imported(#"{"agents": ["claude-code", "codex"], "defaultAgent": "claude-code"}"#)
    #expect(result.root == (try object(#"{"agents": {"claude": {}}, "default_agent": "claude"}"#)))
    #expect(result.left.map(\.name) == ["agents: codex"])
    #expect(try imported(#"{"agents": ["exec"]}"#).root.isEmpty)
  }

  @Test("what is there already stays")
  func present() throws {
    let old = #"{"agents": {"claude": {"model": "x"}}, "accounts": {"feishu": {"region": "cn"}}}"#
    let result = try imported(
      #"{"agents": ["claude-code"], "feishu": {"appId": "a", "enabled": true}}"#, into: old)
    #expect(result.root["agents"]?["claude"]?["model"]?.string == "x")
    #expect(
      result.root["accounts"]?["feishu"]
        == .object(try object(#"{"region": "cn", "app_id": "a", "enabled": false}"#)))
  }

  @Test("the language is taken over")
  func language() throws {
    #expect(try imported(#"{"lang": "zh-CN"}"#).root["language"]?.string == "zh")
  }

  @Test("administrators are people of the form PLATFORM:ID")
  func admins() throws {
    var importing = Import(into: JSONObject(), drivers: [])
    importing.add(variables: ["IMHUB_ADMIN_USERS": "feishu:ou_1, bob,telegram:7"])
    #expect(importing.root["admins"] == ["feishu:ou_1", "telegram:7"])
    #expect(importing.left.map(\.name) == ["IMHUB_ADMIN_USERS"])
  }

  @Test("nothing that is left out is named with its value")
  func secrets() throws {
    var importing = try imported(#"{"llmBackends": ["hush"], "x": "hush", "feishu": {"y": ["hush"]}}"#)
    importing.add(variables: ["A": "hush", "IMHUB_B": "hush", "IMHUB_AGENT_IDLE_TIMEOUT_MS": "hush"])
    #expect(importing.taken.isEmpty && importing.left.count >= 6)
    for (name, why) in importing.left {
      #expect(!"\(name): \(why.english) \(why.chinese)".utf8.contains("hush"))
    }
  }

  @Test("whatever a file holds, the result is a configuration that can be read")
  func garbage() throws {
    var random = SplitMix(state: 3)
    let names = [
      "messengers", "agents", "defaultAgent", "feishu", "language", "acpAgents", "wechat", "email", "\u{1B}",
      "",
    ]
    let values = [
      "null", "[]", "{}", "1", "\"zh\"", "[\"claude-code\"]", "{\"feishu\": {\"appId\": \"x\"}}", "[[1]]",
      "{\"a b\": \"c\", \"B\": 1e999}",
    ]
    for _ in 0..<500 {
      let members = (0..<5).map { _ -> (String, JSONValue) in
        let value = values[Int(random.next() % UInt64(values.count))]
        return (
          names[Int(random.next() % UInt64(names.count))], (try? JSONReader.parse(Array(value.utf8))) ?? .null
        )
      }
      var importing = Import(into: JSONObject())
      importing.add(JSONObject(members))
      _ = try Settings.parse(
        config: ConfigText.pretty(importing.root), env: nil, home: Home(path: "/nowhere"),
        environment: ["HOME": "/nowhere"])
    }
  }
}

extension Sequence<UInt8> {
  fileprivate func contains(_ word: String) -> Bool {
    let all = Array(self)
    let part = Array(word.utf8)
    guard all.count >= part.count else { return false }
    return (0...all.count - part.count).contains { all[$0..<$0 + part.count].elementsEqual(part) }
  }
}
