import Journal
import Store
import Testing

@Suite struct MachineTests {
  // From DESIGN section 4, not from the code. Missing is: cannot happen.
  static let inbox: [InboxState: [InboxEvent: InboxState]] = [
    .new: [.take: .taken, .finish: .done, .fail: .dead, .hold: .held],
    .taken: [.start: .running, .takeOver: .taken, .fail: .dead, .hold: .held],
    .running: [.finish: .done, .fail: .dead, .resume: .taken],
    .done: [:],
    .dead: [.release: .new],
    .held: [.fail: .dead, .release: .new],
  ]
  static let outbox: [OutboxState: [OutboxEvent: OutboxState]] = [
    .ready: [.queue: .queued, .pass: .passed, .refuse: .refused, .hold: .held, .release: .queued],
    .queued: [.send: .sending, .refuse: .refused, .hold: .held],
    .sending: [.deliver: .delivered, .postpone: .queued, .wait: .held, .refuse: .refused],
    .delivered: [:],
    .refused: [.release: .queued],
    .passed: [.queue: .queued],
    .held: [.refuse: .refused, .release: .queued],
  ]

  @Test("every state follows every event as the design says")
  func tables() {
    for state in InboxState.allCases {
      for event in InboxEvent.allCases {
        #expect(InboxMachine.next(state, event) == Self.inbox[state]?[event], "\(state) \(event)")
      }
    }
    for state in OutboxState.allCases {
      for event in OutboxEvent.allCases {
        #expect(OutboxMachine.next(state, event) == Self.outbox[state]?[event], "\(state) \(event)")
      }
    }
    #expect(Self.inbox.count == InboxState.allCases.count)
    #expect(Self.outbox.count == OutboxState.allCases.count)
  }

  @Test("what is finished is left by an operator's release alone, and passed also by an agim-send here")
  func finished() {
    #expect(InboxState.allCases.filter(\.isFinished) == [.done, .dead])
    #expect(OutboxState.allCases.filter(\.isFinished) == [.delivered, .refused, .passed])
    for state in InboxState.allCases where state.isFinished {
      for event in InboxEvent.allCases where event != .release {
        #expect(InboxMachine.next(state, event) == nil)
      }
    }
    for state in OutboxState.allCases where state.isFinished {
      for event in OutboxEvent.allCases where event != .release && !(state == .passed && event == .queue) {
        #expect(OutboxMachine.next(state, event) == nil)
      }
    }
    #expect(OutboxMachine.next(.delivered, .release) == nil)
    #expect(InboxMachine.next(.done, .release) == nil)
  }
}
