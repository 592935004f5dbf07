package import Store

/// What can happen to a row of the outbox.
package enum OutboxEvent: Sendable, CaseIterable, Equatable {
  /// agim-send has read the line.
  case queue
  /// agim-send is about to hand it to the platform.
  case send
  /// The platform has it.
  case deliver
  /// The platform could not take it now, or its sender died while sending.
  case postpone
  /// The platform takes nothing for this person until they write again.
  case wait
  /// It cannot be delivered.
  case refuse
  /// Its line has been written for another host's agim-send.
  case pass
  /// It is too old to be sent unasked.
  case hold
  /// An operator wants it sent after all, or the person that it waits for has written.
  case release
}

/// The outbox's state machine: the one place that says what may follow what.
package enum OutboxMachine {
  /// The state after an event, nil when the event cannot happen in that state.
  package static func next(_ state: OutboxState, _ event: OutboxEvent) -> OutboxState? {
    switch (state, event) {
    // A reply to a stranger's message counts as passed on once it is written, and is ours to send
    // when an agim-send of this store reads it.
    case (.ready, .queue), (.passed, .queue): .queued
    case (.ready, .pass): .passed
    case (.queued, .send): .sending
    case (.sending, .deliver): .delivered
    case (.sending, .postpone): .queued
    case (.sending, .wait): .held
    case (.ready, .refuse), (.queued, .refuse), (.sending, .refuse), (.held, .refuse): .refused
    case (.ready, .hold), (.queued, .hold): .held
    case (.held, .release), (.refused, .release), (.ready, .release): .queued
    default: nil
    }
  }
}
