import JSON
import Testing

@testable import Admin

@Suite("Editing config.json")
struct ConfigEditTests {
  private func edited(_ text: String?, _ change: (inout ConfigEdit) -> Void) throws -> String {
    var edit = ConfigEdit(text.map { Array($0.utf8) })
    change(&edit)
    _ = try JSONReader.parse(edit.bytes, dialect: .relaxed)
    return String(decoding: edit.bytes, as: UTF8.self)
  }

  @Test("a first key")
  func first() throws {
    #expect(
      try edited(nil) { $0.set(["accounts", "x"], ["robot": "u"]) }
        == "{\n  \"accounts\": {\n    \"x\": {\n      \"robot\": \"u\"\n    }\n  }\n}\n")
  }

  @Test("comments stay where they are")
  func comments() throws {
    let text = """
      { // all of it
        "language": "en", // as I speak
        /* people */
        "accounts": {
          "feishu": { "app_id": "a" } // the company's
          // more to come
        }
        // the end
      }
      """
    let wanted = """
      { // all of it
        "language": "en", // as I speak
        /* people */
        "accounts": {
          "feishu": { "app_id": "a" }, // the company's
          // more to come
          "dingtalk": {
            "robot": "u"
          }
        },
        // the end
        "allow": {
          "telegram": ["1"]
        }
      }
      """
    let done = try edited(text) {
      $0.set(["accounts", "dingtalk"], ["robot": "u"])
      $0.set(["allow", "telegram"], ["1"])
      $0.set(["language"], "en")
    }
    #expect(done == wanted)
    let undone = try edited(done) {
      $0.remove(["accounts", "dingtalk"])
      $0.remove(["allow"])
    }
    #expect(undone == text)
  }

  @Test("on one line, and with a comma at the end")
  func inline() throws {
    #expect(try edited(#"{"a": 1}"#) { $0.set(["b"], 2) } == #"{"a": 1, "b": 2}"#)
    #expect(try edited(#"{"a": 1,}"#) { $0.set(["b"], 2) } == #"{"a": 1, "b": 2}"#)
    #expect(try edited("{\n  \"a\": 1,\n}") { $0.set(["b"], 2) } == "{\n  \"a\": 1,\n  \"b\": 2\n}")
    #expect(try edited(#"{"a": 1, "b": 2}"#) { $0.remove(["a"]) } == #"{ "b": 2}"#)
    #expect(try edited(#"{"a": 1, "b": 2}"#) { $0.remove(["b"]) } == #"{"a": 1}"#)
    #expect(try edited(#"{"a": 1}"#) { $0.remove(["a"]) } == "{}")
    #expect(try edited(#"{"a": 1}"#) { $0.set(["a"], ["x": "y"]) } == "{\"a\": {\n  \"x\": \"y\"\n}}")
  }
}
