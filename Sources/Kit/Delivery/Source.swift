internal import Journal

/// Where messages come from: connects to a platform and hands every event to the receiver.
package protocol Source: AnyObject {
  /// The platform's name, as in addresses.
  var platform: String { get }
  /// The account on it, empty for the only one.
  var account: String { get }
  /// What only one agim-recv at a time may have; nil where any number may.
  var credential: String? { get }
  /// Whether rows of its platform and account in a session are its own to print again.
  func owns(session: String) -> Bool
  /// Called before anything is printed again.
  func open(_ receiver: Receiver) throws
  /// Connects and begins to hand events to the receiver.
  func start(_ receiver: Receiver) throws
  /// Takes nothing more from the platform until `resume`: the pipe is full or the store cannot be written.
  func pause()
  /// Goes on after `pause`.
  func resume()
  /// Disconnects; what was taken from the platform is handed over first.
  func stop() throws
  /// Looks for rows that others left for this source, after another process committed something.
  func wake() throws
  /// Gives back what it took from the process, however the command ends; may be called more than once.
  func leave()
}

extension Source {
  package var credential: String? { account.isEmpty ? platform : "\(platform)@\(account)" }
  package func owns(session: String) -> Bool { true }
  package func open(_ receiver: Receiver) throws {}
  package func pause() {}
  package func resume() {}
  package func wake() throws {}
  package func leave() {}
}
