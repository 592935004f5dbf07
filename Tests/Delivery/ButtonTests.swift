import Store
import TestSupport
import Testing

@testable import Delivery

@Suite("What buttons carry")
struct ButtonTests {
  let id = "01970000-1234-7abc-8def-0123456789ab"

  @Test(
    "a token tells its request and choice again",
    arguments: ["once", "session", "always", "deny", "decline", "1", "63"])
  func roundTrip(choice: String) throws {
    let scratch = try Scratch()
    let store = try Store(path: "\(scratch.path)/agim.db")
    let token = try #require(try ButtonToken.make(request: id, choice: choice, store))
    #expect(token.utf8.count <= 64)
    let read = try #require(try ButtonToken.read(token, store))
    #expect(read.request == id && read.choice == choice)
    // Another process of the same store has the same key.
    let other = try Store(path: "\(scratch.path)/agim.db")
    #expect(try ButtonToken.read(token, other) != nil)
  }

  @Test("nobody makes one who does not have the key, and none is changed into another")
  func forged() throws {
    let one = try Scratch()
    let two = try Scratch()
    let store = try Store(path: "\(one.path)/agim.db")
    let stranger = try Store(path: "\(two.path)/agim.db")
    let token = try #require(try ButtonToken.make(request: id, choice: "deny", store))
    #expect(try ButtonToken.read(token, stranger) == nil)
    var characters = Array(token.utf8)
    for place in characters.indices {
      let old = characters[place]
      characters[place] = old == UInt8(ascii: "B") ? UInt8(ascii: "C") : UInt8(ascii: "B")
      let changed = String(decoding: characters, as: UTF8.self)
      // The last character has two bits that say nothing.
      if let read = try ButtonToken.read(changed, store) {
        #expect(place == characters.count - 1 && read.choice == "deny" && read.request == id)
      }
      characters[place] = old
    }
    for garbage in [
      "", "x", String(repeating: "A", count: 46), String(repeating: "=", count: 46), token + "A",
    ] {
      #expect(try ButtonToken.read(garbage, store) == nil)
    }
  }

  @Test(
    "what is no request or no choice has no token",
    arguments: [
      ("r1", "once"), ("01970000-1234-7ABC-8def-0123456789ab", "once"),
      ("01970000-1234-7abc-8def-0123456789ab", "maybe"), ("01970000-1234-7abc-8def-0123456789ab", "0"),
      ("01970000-1234-7abc-8def-0123456789ab", "64"),
    ])
  func refused(request: String, choice: String) throws {
    let scratch = try Scratch()
    let store = try Store(path: "\(scratch.path)/agim.db")
    #expect(try ButtonToken.make(request: request, choice: choice, store) == nil)
  }
}
