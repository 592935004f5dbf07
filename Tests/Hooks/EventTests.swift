import Console
import JSON
import Policy
import Testing

@testable import Hooks

/// A hook's input, as a program writes it.
private func event(_ text: String, _ program: HookProgram? = nil) throws -> HookEvent {
  try HookEvent(Array(text.utf8), program: program)
}

private let call =
  #"{"session_id":"s","cwd":"/w","hook_event_name":"PreToolUse","tool_name":"Bash","#
  + #""tool_input":{"command":"ls","description":"Look"}"#

@Suite struct EventTests {
  @Test("A call has its tool, its input, its place and the program's words")
  func calls() throws {
    let event = try event(call + "}")
    guard case .call(let call) = event.kind else {
      Issue.record("\(event)")
      return
    }
    #expect((event.program, event.session, event.workdir) == (.claude, "s", "/w"))
    #expect((call.tool, call.workdir, call.words, call.isPlan) == ("Bash", "/w", "Look", false))
    #expect(call.input?["command"] == "ls")
    #expect(event.wantsDecision)
  }

  @Test("Who writes is known by how it writes, unless it is said")
  func programs() throws {
    #expect(try event(call + #","turn_id":"t"}"#).program == .codex)
    #expect(try event(call + #","turn_id":"t"}"#, .claude).program == .claude)
    #expect(try event(#"{"hook_event_name":"stop","conversation_id":"c"}"#).program == .cursor)
    #expect(try event(#"{"hook_event_name":"Stop","session_id":"c"}"#).program == .claude)
  }

  @Test("Plan mode is the program's own word")
  func plans() throws {
    guard case .call(let call) = try event(call + #","permission_mode":"plan"}"#).kind else {
      Issue.record("no call")
      return
    }
    #expect(call.isPlan)
  }

  @Test(
    "What is not a hook's input is refused",
    arguments: [
      "", "[]", "{}", #"{"hook_event_name":""}"#, #"{"hook_event_name":"Nonesuch"}"#,
      #"{"hook_event_name":"PreToolUse","cwd":"/w"}"#,
      #"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{}}"#,
      #"{"hook_event_name":"PreToolUse","tool_name":"Bash","cwd":"w"}"#,
      #"{"hook_event_name":"PreToolUse","tool_name":"Bash","cwd":"/w\u0000x"}"#,
      #"{"hook_event_name":"beforeShellExecution","workspace_roots":["/w"]}"#,
      #"{"hook_event_name":"beforeShellExecution","command":"ls"}"#,
    ])
  func refused(_ text: String) {
    #expect(throws: Failure.self) { try event(text) }
  }

  @Test("An input that is no object is not known, so it can be allowed once at most")
  func unknownInput() throws {
    for input in ["7", "null", "[]", #""x""#] {
      let text =
        #"{"hook_event_name":"PreToolUse","tool_name":"X","cwd":"/w","tool_input":\#(input)}"#
      guard case .call(let call) = try event(text).kind else {
        Issue.record("no call")
        continue
      }
      #expect(call.input == nil)
    }
  }

  @Test("Each program's tools mean what they mean to it")
  func dialects() throws {
    func dialect(_ text: String) throws -> ToolDialect? {
      guard case .call(let call) = try event(text).kind else { return nil }
      return call.dialect
    }
    #expect(try dialect(call + "}") == .claude)
    #expect(try dialect(call + #","turn_id":"t"}"#) == .codex)
    let root = #","workspace_roots":["/w"]}"#
    #expect(try dialect(#"{"hook_event_name":"beforeShellExecution","command":"ls""# + root) == .told)
    #expect(try dialect(#"{"hook_event_name":"beforeMCPExecution","tool_name":"Bash""# + root) == .foreign)
    #expect(try dialect(#"{"hook_event_name":"preToolUse","tool_name":"Write""# + root) == .cursor)
    for (tool, more) in [
      ("AskUserQuestion", ""), ("ExitPlanMode", ""), ("request_user_input", #","turn_id":"t""#),
    ] {
      let text = #"{"hook_event_name":"PreToolUse","tool_name":"\#(tool)","cwd":"/w"\#(more)}"#
      #expect(try event(text).kind == .question(tool: tool, input: nil))
    }
  }

  @Test("Codex' patch stands where a command would, and is given back as it was")
  func patches() throws {
    let text =
      #"{"hook_event_name":"PreToolUse","turn_id":"t","cwd":"/w","tool_name":"apply_patch","tool_input":{"command":"P"}}"#
    guard case .call(let call) = try event(text).kind else {
      Issue.record("no call")
      return
    }
    #expect(call.input == JSONObject([("command", "P")]))
  }

  @Test("A session's id becomes part of a command only if it is one")
  func resume() {
    #expect(HookProgram.claude.resume("2240b939-6e83") == "claude --resume 2240b939-6e83")
    for id in ["", "-x", "a b", "a;b", "$(x)", "é", String(repeating: "a", count: 81)] {
      #expect(HookProgram.claude.resume(id) == nil)
    }
  }

  @Test("Any bytes are read or refused, and never trap")
  func garbage() {
    var seed: UInt64 = 7
    let good = Array((call + "}").utf8)
    for _ in 0..<3000 {
      var bytes = good
      for _ in 0..<3 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let place = Int(seed >> 33) % bytes.count
        bytes[place] = UInt8(truncatingIfNeeded: seed >> 24)
        if seed & 1 == 1 { bytes.removeSubrange(place...) }
        if bytes.isEmpty { break }
      }
      _ = try? HookEvent(bytes, program: seed & 2 == 2 ? .cursor : nil)
    }
  }
}

@Suite struct AnswerTests {
  private func answer(_ verdict: HookVerdict, _ text: String, _ program: HookProgram? = nil) throws -> String
  {
    String(decoding: HookAnswer.bytes(verdict, to: try event(text, program)), as: UTF8.self)
  }

  @Test("Each program is answered in its own form")
  func forms() throws {
    let head = #"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"#
    #expect(
      try answer(.allow("y"), call + "}")
        == head
        + #""allow","permissionDecisionReason":"y","updatedInput":{"command":"ls","description":"Look"}}}"#)
    #expect(try answer(.deny("n"), call + "}") == head + #""deny","permissionDecisionReason":"n"}}"#)
    #expect(try answer(.ask("a"), call + "}") == head + #""ask","permissionDecisionReason":"a"}}"#)
    #expect(try answer(.none, call + "}") == "{}")
    let shell = #"{"hook_event_name":"beforeShellExecution","command":"ls","workspace_roots":["/w"]}"#
    #expect(try answer(.allow("y"), shell) == #"{"permission":"allow"}"#)
    #expect(try answer(.deny("n"), shell) == #"{"permission":"deny","user_message":"n","agent_message":"n"}"#)
    #expect(try answer(.none, shell) == "{}")
  }

  @Test("Who only told something is told nothing")
  func notices() throws {
    for name in ["Stop", "Notification", "SessionEnd"] {
      #expect(try answer(.none, #"{"hook_event_name":"\#(name)"}"#) == "{}")
    }
  }
}
