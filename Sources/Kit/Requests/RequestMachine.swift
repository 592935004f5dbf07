package import Store

/// What can happen to a request.
package enum RequestEvent: Sendable, CaseIterable {
  /// Somebody who may said yes.
  case allow
  /// Somebody who may said no.
  case deny
  /// Nobody answered in time, or nobody is left to answer.
  case expire
  /// agim-run acts on the yes.
  case use
  /// The turn has ended, or what was asked for is not the same any more.
  case void
}

/// The state machine of requests: the one place that says what may follow what.
package enum RequestMachine {
  /// The state after an event, nil when the event cannot happen in that state.
  package static func next(_ state: RequestState, _ event: RequestEvent) -> RequestState? {
    switch (state, event) {
    case (.pending, .allow): .allowed
    case (.pending, .deny): .denied
    case (.pending, .expire): .expired
    case (.pending, .void), (.allowed, .void): .void
    case (.allowed, .use): .used
    default: nil
    }
  }
}
