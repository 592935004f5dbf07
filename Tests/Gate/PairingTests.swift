import Gate
import JSON
import Policy
import Requests
import Settings
import Store
import System
import TestSupport
import Testing

@Suite("Letting people in")
struct PairingTests {
  let room: Room
  init() throws { room = try Room() }

  func pairing() -> Pairing {
    var state = UInt64(bitPattern: room.now.milliseconds)
    return Pairing(room.store, at: room.now) {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
  }

  func knock(_ person: String) throws -> String? {
    room.wait()
    return try pairing().knock(person: person, name: "Name of \(person)")
  }

  @Test("a code lets its person in, once, with the rank that the operator says")
  func accept() throws {
    let code = try #require(try knock("chat:U1"))
    #expect(code.utf8.count == 8)
    guard case .success(let row) = try pairing().accept(code.uppercased(), rank: "approver", by: "local:me")
    else {
      Issue.record("not let in")
      return
    }
    #expect(row.person == "chat:U1" && row.rank == "approver" && row.code == nil)
    #expect(try pairing().accept(code, rank: "admin", by: "local:me") == .failure(.wrong))
    #expect(try room.store.paired().map(\.rank) == ["approver"])
    let entry = try #require(try room.ledger().last)
    #expect(
      entry["kind"]?.string == "pair" && entry["person"]?.string == "chat:U1"
        && entry["rank"]?.string == "approver")
    #expect(try room.store.unpair("chat:U1"))
    #expect(try room.store.paired().isEmpty)
  }

  @Test("three are open at most, and one for each person")
  func three() throws {
    let codes = try ["chat:U1", "chat:U2", "chat:U3"].map { try #require(try knock($0)) }
    #expect(Set(codes).count == 3)
    #expect(try knock("chat:U4") == nil)
    #expect(try knock("chat:U1") == nil, "silence for one who has a code")
    _ = try pairing().accept(codes[1], rank: "allowed", by: "local:me")
    #expect(try knock("chat:U4") != nil)
    #expect(try knock("chat:U5") == nil)
  }

  @Test("an hour later a code is good for nothing, and its place is free")
  func hour() throws {
    let code = try #require(try knock("chat:U1"))
    room.wait(Pairing.lifetime)
    #expect(try pairing().accept(code, rank: "allowed", by: "local:me") == .failure(.wrong))
    for person in ["chat:U2", "chat:U3", "chat:U4"] { #expect(try knock(person) != nil) }
    let other = try Room()
    let second = Pairing(other.store, at: other.now) { 40 &+ UInt64.random(in: 0..<1000) }
    let late = try #require(try second.knock(person: "chat:U1", name: ""))
    other.wait(Pairing.lifetime - 1)
    guard
      case .success = try Pairing(other.store, at: other.now, random: { 1 }).accept(
        late, rank: "allowed", by: "me")
    else {
      Issue.record("within its hour a code is good")
      return
    }
  }

  @Test("five wrong ones lock it for 15 minutes, the right one too")
  func locked() throws {
    let code = try #require(try knock("chat:U1"))
    for number in 1...5 {
      room.wait(1000)
      #expect(try pairing().accept("wrong\(number)", rank: "admin", by: "local:me") == .failure(.wrong))
    }
    #expect(try pairing().accept(code, rank: "allowed", by: "local:me") == .failure(.locked))
    // The lock counts from each of them: 15 minutes after the first, four are left.
    room.wait(Pairing.lockTime - 5000)
    #expect(try pairing().accept(code, rank: "allowed", by: "local:me") == .failure(.locked))
    room.wait(2000)
    guard case .success = try pairing().accept(code, rank: "allowed", by: "local:me") else {
      Issue.record("the lock does not open")
      return
    }
    // A right one wipes the slate clean.
    #expect(try room.store.wrongCodes(since: Timestamp(milliseconds: 0)) == 0)
  }

  @Test("a code is none for somebody who was never a stranger here, or empty")
  func empty() throws {
    #expect(try pairing().accept("", rank: "admin", by: "local:me") == .failure(.wrong))
    try room.store.put(PairedRow(person: "chat:U9", name: "", rank: "admin", code: nil, since: room.now))
    #expect(try pairing().accept("", rank: "admin", by: "local:me") == .failure(.wrong))
  }
}

@Suite("Whether a gate is there")
struct PresenceTests {
  @Test("as long as one agim-approve of the pipeline lives")
  func presence() throws {
    let scratch = try Scratch()
    let home = Home(path: scratch.path)
    try Files.makeDirectory(home.run)
    #expect(!GatePresence.isThere(home, pipe: "main"))
    var first: GatePresence? = try GatePresence(home, pipe: "main")
    var second: GatePresence? = try GatePresence(home, pipe: "main")
    #expect(GatePresence.isThere(home, pipe: "main"))
    #expect(!GatePresence.isThere(home, pipe: "other"))
    withExtendedLifetime(first) {}
    first = nil
    #expect(GatePresence.isThere(home, pipe: "main"), "the other one lives")
    withExtendedLifetime(second) {}
    second = nil
    #expect(!GatePresence.isThere(home, pipe: "main"))
    // To look does not make one.
    #expect(!GatePresence.isThere(home, pipe: "main"))
  }

  @Test("a pipeline's name leads to no other file")
  func names() throws {
    let scratch = try Scratch()
    let home = Home(path: scratch.path)
    try Files.makeDirectory(home.run)
    let gate = try GatePresence(home, pipe: "../../x")
    #expect(GatePresence.isThere(home, pipe: "../../x"))
    #expect(SystemFileFacts().resolve("run/gate-.._.._x", from: scratch.path).kind == .file)
    withExtendedLifetime(gate) {}
  }
}
