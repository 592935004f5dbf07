import JSON
import Policy
import Settings
import Testing

@testable import AgentACP

/// What real programs told of a call before they asked, from recordings.
@Suite struct RecordedTests {
  private func call(_ preset: String, _ updates: [String]) throws -> ToolCall {
    let preset = try #require(ACPPreset.named(preset))
    var calls = ACPCalls()
    var last: ACPCalls.Call?
    for update in updates {
      last = calls.merge(try #require(try JSONReader.parse(Array(update.utf8)).object))
    }
    let known = ACPCalls.complete(try #require(last), preset)
    return ToolCall.acp(known, dialect: preset.dialect, workdir: "/project")
  }

  private func input(_ call: ToolCall) -> String { String(decoding: call.input ?? [], as: UTF8.self) }

  @Test("Kimi CLI 1.3: the arguments are the text of the call, the kind is known by the tool")
  func kimi() throws {
    let asked = try call(
      "kimi",
      [
        #"{"sessionUpdate":"tool_call","toolCallId":"a/1","title":"Shell","status":"in_progress","content":[{"type":"content","content":{"type":"text","text":""}}]}"#,
        #"{"sessionUpdate":"tool_call_update","toolCallId":"a/1","title":"Shell: touch o","content":[{"type":"content","content":{"type":"text","text":"{\"command\": \"touch o"}}]}"#,
        #"{"sessionUpdate":"tool_call_update","toolCallId":"a/1","title":"Shell: touch one.txt","content":[{"type":"content","content":{"type":"text","text":"{\"command\": \"touch one.txt\"}"}}]}"#,
        #"{"toolCallId":"a/1","title":"Shell: touch one.txt","content":[{"type":"content","content":{"type":"text","text":"Requesting approval to perform: Run command `touch one.txt`"}}]}"#,
      ])
    #expect(asked.tool == "Shell" && asked.isComplete)
    #expect(input(asked) == #"{"command":"touch one.txt"}"#)
  }

  @Test("Kimi CLI 1.3: arguments of which only a part has come are not all that is known")
  func half() throws {
    let asked = try call(
      "kimi",
      [
        #"{"sessionUpdate":"tool_call","toolCallId":"a/1","title":"Shell: touch o","content":[{"type":"content","content":{"type":"text","text":"{\"command\": \"touch o"}}]}"#
      ])
    #expect(!asked.isComplete)
  }

  @Test("Mistral Vibe 3.0: the request is only an id")
  func vibe() throws {
    let asked = try call(
      "vibe",
      [
        #"{"sessionUpdate":"tool_call","toolCallId":"e1","title":"bash: touch one.txt","kind":"execute","status":"in_progress","rawInput":{"command":"touch one.txt"},"_meta":{"tool_name":"bash","effect_kind":"shell"}}"#,
        #"{"toolCallId":"e1"}"#,
      ])
    #expect(asked.tool == "bash" && asked.isComplete)
    #expect(input(asked) == #"{"command":"touch one.txt"}"#)
  }

  @Test("Hermes 0.19: an id that was never announced, and the tool beside its arguments")
  func hermes() throws {
    let asked = try call(
      "hermes",
      [
        #"{"toolCallId":"edit-approval-1","kind":"edit","status":"pending","title":"Approve edit: /project/h.txt","rawInput":{"tool":"write_file","arguments":{"path":"/project/h.txt","content":"hello"}},"content":[{"type":"diff","path":"/project/h.txt","newText":"hello"}]}"#
      ])
    #expect(asked.tool == "write_file" && asked.isComplete)
    #expect(input(asked) == #"{"path":"/project/h.txt","content":"hello"}"#)
  }

  @Test("Every preset has the name that the settings know, and a way to say how far it asks")
  func presets() {
    #expect(ACPPreset.table.map(\.name) == AgentSettings.acpPrograms)
    for preset in ACPPreset.table {
      #expect(preset.command.first == AgentSettings.program(of: preset.name))
      #expect(!preset.command.isEmpty && !preset.login.isEmpty)
      #expect(!preset.asking.contains(where: ACPPreset.isSilent))
      #expect(preset.plan.map { !ACPPreset.isSilent($0) } ?? true)
    }
  }

  @Test(
    "Modes that ask for less are known by their names",
    arguments: [
      "yolo", "autoEdit", "auto-approve", "accept-edits", "acceptEdits", "bypassPermissions", "dont_ask",
      "dontAsk",
    ])
  func silent(_ mode: String) { #expect(ACPPreset.isSilent(mode)) }
}
