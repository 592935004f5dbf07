import JSON
import Testing

@testable import AgentClaude

@Suite struct WordsTests {
  private func failure(_ result: String, kind: String? = nil) throws -> (code: String, text: String) {
    ClaudeWords.failure(try JSONReader.parse(Array(result.utf8)), kind: kind, agent: "claude")
  }

  @Test("A tool is called by its name and what it is about, in one line")
  func titles() throws {
    for (tool, input, wanted) in [
      (
        "Bash", #"{"command":"touch ran && echo done","description":"Make a file"}"#,
        "Bash: touch ran && echo done"
      ),
      ("Read", #"{"file_path":"/w/a.txt","offset":3}"#, "Read: /w/a.txt"),
      ("Grep", #"{"pattern":"x","path":"src"}"#, "Grep: src"),
      ("Bash", #"{"command":"one\ntwo"}"#, "Bash: one…"), ("TodoWrite", #"{"todos":[]}"#, "TodoWrite"),
      ("Task", #"{"description":"look","prompt":"do"}"#, "Task: look"), ("X", #"{"command":7}"#, "X"),
    ] { #expect(ClaudeWords.title(tool, try JSONReader.parse(Array(input.utf8))) == wanted) }
  }

  @Test("Recorded endings with an error of the model's service")
  func recorded() throws {
    let results: [(String, String?, String, String)] = [
      (
        #"{"subtype":"success","is_error":true,"api_error_status":400,"result":"API Error: 400 mock error"}"#,
        "unknown", "agent_error", "claude failed: API Error: 400 mock error"
      ),
      (
        #"{"subtype":"success","is_error":true,"api_error_status":401,"result":"Please run /login"}"#,
        "authentication_failed", "login",
        "claude is not logged in, or its login has ended (Please run /login)"
      ),
      (
        #"{"subtype":"success","is_error":true,"api_error_status":429,"result":"API Error: Request rejected (429) · mock error"}"#,
        "rate_limit", "rate_limit", "The model's service refuses for now, as its limit is reached"
      ),
      (
        #"{"subtype":"success","is_error":true,"api_error_status":529,"result":"API Error: 529 mock error. This is a server-side issue, usually temporary"}"#,
        "server_error", "overloaded", "The model's service is overloaded or out of order: API Error: 529"
      ),
      (
        #"{"subtype":"error_max_turns","is_error":true,"errors":["Reached maximum number of turns (1)"]}"#,
        nil, "max_turns", "claude stopped: it reached its limit of steps."
      ),
    ]
    for (result, kind, code, start) in results {
      let found = try failure(result, kind: kind)
      #expect(found.code == code)
      #expect(found.text.hasPrefix(start), "\(found.text)")
    }
  }

  @Test("Without a status the kind of the last words counts, and without both what the result says")
  func kinds() throws {
    for (kind, code) in [
      ("authentication_failed", "login"), ("oauth_org_not_allowed", "login"), ("billing_error", "billing"),
      ("rate_limit", "rate_limit"), ("overloaded", "overloaded"), ("server_error", "overloaded"),
    ] {
      #expect(try failure(#"{"subtype":"success","is_error":true,"result":"x"}"#, kind: kind).code == code)
    }
    #expect(try failure(#"{"subtype":"error_max_budget_usd"}"#).code == "max_budget")
    #expect(
      try failure(#"{"subtype":"error_during_execution","errors":["Broken."]}"#).text
        == "claude failed: Broken.")
    #expect(try failure("{}").text == "claude failed: no words")
    #expect(try failure(#"{"api_error_status":"401","result":7}"#).code == "agent_error")
  }

  @Test("A session that is not known is told by the words of the program")
  func loss() {
    #expect(
      ClaudeSession.tellsLoss("No conversation found with session ID: 11111111-2222-3333-4444-555555555555"))
    #expect(ClaudeSession.tellsLoss("warning\nNo conversation found"))
    for words in ["", "No conversation foun", "no conversation found", "Found no conversation"] {
      #expect(!ClaudeSession.tellsLoss(words))
    }
  }
}
