package import Store

/// What can happen to a row of the inbox.
package enum InboxEvent: Sendable, CaseIterable, Equatable {
  /// agim-run takes it into its queue.
  case take
  /// agim-run is about to give the prompt to the agent.
  case start
  /// The turn ended, or another stage acted on the line.
  case finish
  /// It ends without an answer: interrupted, dropped, taken by nobody.
  case fail
  /// A live agim-run takes over a row from the queue of a dead one.
  case takeOver
  /// A live agim-run goes on with the interrupted turn of a dead one, in the agent's own session.
  case resume
  /// It is too old to be run unasked.
  case hold
  /// An operator, or the person, wants it run after all.
  case release
}

/// The inbox's state machine: the one place that says what may follow what.
package enum InboxMachine {
  /// The state after an event, nil when the event cannot happen in that state.
  package static func next(_ state: InboxState, _ event: InboxEvent) -> InboxState? {
    switch (state, event) {
    case (.new, .take): .taken
    case (.taken, .takeOver): .taken
    case (.taken, .start): .running
    // Not run again: the agent is told that it was interrupted, and looks what is done.
    case (.running, .resume): .taken
    // A stranger's stage may answer what nobody here has taken; a control closes what caused it.
    case (.new, .finish), (.running, .finish): .done
    // What ran may have had effects: it is told about, never silently run again.
    case (.new, .fail), (.taken, .fail), (.running, .fail), (.held, .fail): .dead
    case (.new, .hold), (.taken, .hold): .held
    case (.held, .release), (.dead, .release): .new
    default: nil
    }
  }
}
