package import JSON

/// What a program is told about a tool that it is about to use.
package enum HookVerdict: Equatable, Sendable {
  /// It may: the policy or a person allowed exactly this.
  case allow(String)
  /// It may, with this input instead: the person's answers to its questions.
  case answered(JSONObject)
  /// It may not, and why.
  case deny(String)
  /// The program is to ask the person itself.
  case ask(String)
  /// Somebody else decides: another gate stands around the program.
  case none
}

/// The JSON by which each program is answered.
package enum HookAnswer {
  /// The answer to an event, without a newline.
  package static func bytes(_ verdict: HookVerdict, to event: HookEvent) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    if event.program == .cursor {
      cursor(verdict, &json)
    } else if event.wantsDecision, verdict != .none {
      json.name("hookSpecificOutput")
      json.beginObject()
      json.member("hookEventName", event.name)
      if event.name == "PermissionRequest" {
        permission(verdict, &json)
      } else {
        tool(verdict, event, &json)
      }
      json.endObject()
    }
    json.endObject()
    return json.bytes
  }

  private static func tool(_ verdict: HookVerdict, _ event: HookEvent, _ json: inout JSONWriter) {
    let (word, reason): (String, String) =
      switch verdict {
      case .allow(let reason): ("allow", reason)
      case .answered: ("allow", "agim: answered in the chat")
      case .deny(let reason): ("deny", reason)
      case .ask(let reason): ("ask", reason)
      case .none: ("ask", "")
      }
    json.member("permissionDecision", word)
    json.member("permissionDecisionReason", reason)
    // What was allowed is what runs; without it Codex does not take an allow for one.
    var updated: JSONObject?
    if case .allow = verdict, case .call(let call) = event.kind { updated = call.input }
    if case .answered(let input) = verdict { updated = input }
    if let input = updated {
      json.name("updatedInput")
      json.value(.object(input))
    }
  }

  private static func permission(_ verdict: HookVerdict, _ json: inout JSONWriter) {
    json.name("decision")
    json.beginObject()
    switch verdict {
    case .allow, .answered: json.member("behavior", "allow")
    case .deny(let reason), .ask(let reason):
      json.member("behavior", "deny")
      json.member("message", reason)
    case .none: break
    }
    json.endObject()
  }

  private static func cursor(_ verdict: HookVerdict, _ json: inout JSONWriter) {
    switch verdict {
    case .allow, .answered: json.member("permission", "allow")
    case .deny(let reason):
      json.member("permission", "deny")
      json.member("user_message", reason)
      json.member("agent_message", reason)
    case .ask(let reason):
      json.member("permission", "ask")
      json.member("user_message", reason)
    case .none: break
    }
  }
}
