// Checks what reads the answers of models: however the bytes are cut, the same text and the same end are
// understood, no thought is said, and never more than the limits allow. Built by build-models.sh.

import JSON
import Models
import Settings

/// Ends the process so that libFuzzer keeps the input.
private func demand(_ condition: Bool, _ rule: StaticString) {
  precondition(condition, "broken rule: \(rule)")
}

private let textLimit = 200

/// What an answer says, and how it ends.
private struct Reading: Equatable {
  var text = ""
  var problem: ModelProblem?
  var finish: ModelReader.Finish?
  var usage = ModelUsage()
  var message = JSONObject()

  init(_ api: ModelSettings.API, _ bytes: [UInt8], step: Int) {
    var reader = ModelReader(api, textLimit: textLimit)
    var said = ""
    var at = 0
    do throws(ModelProblem) {
      while at < bytes.count, !reader.isDone {
        let end = min(bytes.count, at + step)
        try reader.take(Array(bytes[at..<end])) { said += $0 }
        at = end
      }
      if !reader.isDone { try reader.end { said += $0 } }
      finish = reader.finish
    } catch {
      problem = error
    }
    (text, usage, message) = (said, reader.usage, reader.message)
    demand(said.utf8.count <= textLimit, "no more text than there may be")
    demand((usage.input ?? 0) >= 0 && (usage.output ?? 0) >= 0, "nothing is used less than not at all")
    demand(message["role"] == "assistant", "what was received can be sent back")
  }
}

/// Feeds one input: its first byte says what it is, the second how it is cut.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzModels(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard bytes.count > 2 else { return 0 }
  let rest = Array(bytes.dropFirst(2))
  let step = Int(bytes[1]) % 33 + 1
  let api: ModelSettings.API = bytes[0] % 2 == 0 ? .openai : .anthropic
  let whole = Reading(api, rest, step: rest.count)
  demand(whole == Reading(api, rest, step: step), "an answer is the same however it is cut")
  var json = JSONWriter()
  json.value(.object(whole.message))
  demand((try? JSONReader.parse(json.bytes)) != nil, "what was received is JSON")
  return 0
}
