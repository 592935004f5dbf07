import Requests
import Store
import Testing

@Suite("The states of a request")
struct MachineTests {
  static let table: [(RequestState, RequestEvent, RequestState)] = [
    (.pending, .allow, .allowed), (.pending, .deny, .denied), (.pending, .expire, .expired),
    (.pending, .void, .void), (.allowed, .void, .void), (.allowed, .use, .used),
  ]

  @Test("everything that the table does not name cannot happen")
  func table() {
    for state in RequestState.allCases {
      for event in RequestEvent.allCases {
        let wanted = Self.table.first { $0.0 == state && $0.1 == event }?.2
        #expect(RequestMachine.next(state, event) == wanted, "\(state), \(event)")
      }
    }
  }

  @Test("what is settled stays as it is, and a yes is used only after it was said")
  func settled() {
    for state in RequestState.allCases where state.isSettled {
      for event in RequestEvent.allCases { #expect(RequestMachine.next(state, event) == nil) }
    }
    #expect(RequestState.allCases.filter { !$0.isSettled } == [.pending, .allowed])
    #expect(RequestState.allCases.filter { RequestMachine.next($0, .use) != nil } == [.allowed])
  }

  @Test("the store moves a request only from the state that was seen")
  func store() throws {
    let room = try Room()
    try room.ask("r1")
    func move(_ from: RequestState, _ to: RequestState) throws -> Bool {
      try room.store.move(
        request: "r1", from: from, to: to, by: "chat:U1", via: "x", scope: "once", at: room.now)
    }
    #expect(try move(.pending, .allowed))
    #expect(try !move(.pending, .denied))
    #expect(try move(.allowed, .used))
    #expect(try !move(.allowed, .used))
    #expect(try room.state("r1") == .used)
  }
}
