import Console
import JSON
import Journal
import Stage
import Store
import System
import Text
import Wire

/// How long a code can be typed.
private let linkTime: Int64 = 15 * 60_000

/// Begins a link between the accounts of a person: says which code is to be typed in both chats.
func link(_ first: String, _ second: String, _ arguments: Arguments, _ stage: Stage) throws {
  try refuseBelowGuardian("link")
  guard first != second else { throw Failure.usage("link: these are one address") }
  for address in [first, second] {
    if let platform = Address(address)?.platform, ["inbox", "replay", "command", "file"].contains(platform) {
      throw Failure.usage("link: nobody types at \(address)", hint: "see agim-address(7)")
    }
  }
  // Without letters and digits that look alike; 40 bits, for a quarter of an hour, in two chats.
  let letters = Array("ABCDEFGHJKLMNPQRSTUVWXYZ23456789".utf8)
  var bits = stage.journal.clock.random()
  var code: [UInt8] = []
  for _ in 0..<8 {
    code.append(letters[Int(bits & 31)])
    bits >>= 5
  }
  let text = String(decoding: code, as: UTF8.self)
  let now = stage.journal.clock.now()
  let store = stage.journal.store
  try store.write {
    try store.offerLink(code: text, first, second, expires: now + linkTime, at: now)
  }
  if arguments.has("json") {
    var json = JSONWriter()
    json.beginObject()
    json.member("code", text)
    json.member("first", first)
    json.member("second", second)
    json.member("expires", (now + linkTime).description)
    json.endObject()
    json.newline()
    stage.output.append(json.bytes)
  } else {
    stage.output.append(Array("/link \(text)\n".utf8))
    Log.notice("to be typed by the same person in both chats within 15 minutes")
  }
}

/// Makes an account a person of its own again.
func unlink(_ person: String, _ stage: Stage) throws {
  try refuseBelowGuardian("unlink")
  let store = stage.journal.store
  guard try store.write({ try store.unlink(person) }) else {
    throw Failure(.noInput, "\(person) is linked with nobody", hint: "see 'agim-session links'")
  }
}

/// Shows which accounts are one person.
func links(json isJSON: Bool, _ stage: Stage) throws {
  for row in try stage.journal.store.links() {
    if isJSON {
      var json = JSONWriter()
      json.beginObject()
      json.member("person", row.person)
      json.member("whole", row.whole)
      json.member("since", row.since.description)
      json.endObject()
      json.newline()
      stage.output.append(json.bytes)
    } else {
      stage.output.append(
        Array("\(displayEscaped(row.whole))  \(displayEscaped(row.person))  \(row.since)\n".utf8))
    }
  }
}

private func refuseBelowGuardian(_ verb: String) throws {
  if ProcessTree.isBelowGuardian() {
    throw Failure(.notPermitted, "\(verb): an agent may not say who is one person")
  }
}
