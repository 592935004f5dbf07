package import System

/// Programs that wait for the next turn of their session, and are let go when none comes for a while.
package final class PeerPool<Peer: AnyObject> {
  private final class Slot {
    let peer: Peer
    var timer: EventLoop.Timer?
    init(_ peer: Peer) { self.peer = peer }
  }

  private let loop: EventLoop
  private let limit: Int
  private var slots: [String: Slot] = [:]
  private var order: [String] = []
  private let letGo: (Peer) -> Void

  /// A pool.
  ///
  /// - Parameters:
  ///   - loop: Who waits.
  ///   - limit: How many idle programs are kept; the one that has waited longest goes first.
  ///   - letGo: Ends a program that nobody needs.
  package init(loop: EventLoop, limit: Int = 32, letGo: @escaping (Peer) -> Void) {
    (self.loop, self.limit, self.letGo) = (loop, limit, letGo)
  }

  /// Takes the waiting program of a session out of the pool.
  package func take(_ session: String) -> Peer? {
    guard let slot = slots.removeValue(forKey: session) else { return nil }
    slot.timer?.cancel()
    order.removeAll { $0 == session }
    return slot.peer
  }

  /// Keeps a program for the session's next turn.
  ///
  /// `milliseconds`: how long it waits; 0: it is let go at once.
  package func keep(_ peer: Peer, for session: String, milliseconds: Int64) {
    if let before = take(session), before !== peer { letGo(before) }
    guard milliseconds > 0 else { return letGo(peer) }
    let slot = Slot(peer)
    slots[session] = slot
    order.append(session)
    slot.timer = loop.after(milliseconds) { [weak self] in self?.dismiss(session) }
    if order.count > limit, let oldest = order.first { dismiss(oldest) }
  }

  /// Forgets a program that has ended by itself.
  package func forget(_ peer: Peer) {
    for (session, slot) in slots where slot.peer === peer { _ = take(session) }
  }

  /// Lets all of them go.
  package func clear() { for session in order { dismiss(session) } }

  private func dismiss(_ session: String) {
    guard let peer = take(session) else { return }
    letGo(peer)
  }
}
