internal import Journal

/// Where messages come from: connects to a platform and hands every event to the receiver.
package protocol Source: AnyObject {
  /// The platform's name, as in addresses.
  var platform: String { get }
  /// The account on it, empty for the only one.
  var account: String { get }
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
}

extension Source {
  package func pause() {}
  package func resume() {}
  package func wake() throws {}
}
