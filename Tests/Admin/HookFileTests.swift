import Console
import JSON
import Testing

@testable import Admin

@Suite struct HookFileTests {
  private let command = HookCommand(
    program: "/usr/bin/agim-approve", home: "/home/u/.agim", address: "chat:1", time: 900)

  private func file(_ text: String, _ program: HookedProgram = .claude) throws -> HookFile {
    try HookFile(Array(text.utf8), of: program, path: "/x/settings.json")
  }

  @Test(
    "What is put in comes out again, and leaves every byte as it was",
    arguments: [
      #"{"a":1}"#, "{\n  \"a\": 1\n}\n", "{\n\t\"a\": {\n\t\t\"b\": []\n\t}\n}", "{\r\n    \"a\": 1\r\n}\r\n",
      #"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"mine"}]}]},"z":"}{\"[]"}"#,
      "{\n  \"hooks\": {\n    \"PreToolUse\": [\n      {\"matcher\": \"Bash\", \"hooks\": []}\n    ]\n  }\n}\n",
    ])
  func inAndOut(_ text: String) throws {
    for program in HookedProgram.allCases where program != .cursor {
      var file = try file(text, program)
      file.install(command)
      let installed = file.bytes
      #expect((try? JSONReader.parse(installed))?.object != nil)
      #expect(file.commands.count == command.entries(program).count)
      file.install(command)
      #expect(file.bytes == installed)
      file.remove()
      #expect(String(decoding: file.bytes, as: UTF8.self) == text)
      #expect(file.commands.isEmpty)
    }
  }

  @Test("Of a group that holds others' hooks only ours goes")
  func mixed() throws {
    let ours = #"{"type":"command","command":"AGIM_HOME=/h agim-approve hook || exit 2"}"#
    let text = #"{"hooks":{"PreToolUse":[{"hooks":[{"command":"a"},\#(ours),{"command":"b"}]}]}}"#
    var file = try file(text)
    #expect(file.commands.count == 1)
    file.remove()
    #expect(
      String(decoding: file.bytes, as: UTF8.self)
        == #"{"hooks":{"PreToolUse":[{"hooks":[{"command":"a"},{"command":"b"}]}]}}"#)
  }

  @Test("Only what calls our hook is ours")
  func ours() throws {
    for (word, count) in [
      ("agim-approve hook", 1), ("'/opt/my dir/agim-approve' hook --to x || exit 2", 1),
      ("A=b /x/agim-approve hook", 1), ("agim-approve list", 0), ("echo agim-approve-hook", 0),
      ("/x/agim-approved hook", 0), ("", 0),
    ] {
      var entry = JSONObject()
      entry["command"] = .string(word)
      let root = JSONObject([("hooks", .object(JSONObject([("stop", .array([.object(entry)]))])))])
      var json = JSONWriter()
      json.value(.object(root))
      #expect(try HookFile(json.bytes, of: .cursor, path: "/x").commands.count == count, "\(word)")
    }
  }

  @Test("A fault is told with its place", arguments: ["{\"a\": 1,}", "{\n  // x\n}", "[]", "{\"hooks\": 7}"])
  func faults(_ text: String) {
    #expect(throws: Failure.self) { try file(text) }
  }

  @Test("Paths and names are words of a shell, whatever is in them")
  func quoting() {
    let strange = HookCommand(program: "/opt/it's/agim-approve", home: "/a b", address: nil, time: 60)
    #expect(
      HookWords.split(strange.decision(.claude)).prefix(3) == [
        "AGIM_HOME=/a b", "/opt/it's/agim-approve", "hook",
      ])
  }
}
