internal import Journal
package import Stage
internal import Store
internal import System

/// Replies that grow: each is one message of the platform, edited at the rate that the platform likes.
///
/// Only the newest text of each is kept. What the platform gives for a message is stored, so that the final
/// text replaces it after a crash, too. The final text never waits for the rate of the partial ones.
package final class GrowingReplies {
  /// What became of showing a text.
  package enum Shown: Equatable, Sendable {
    /// It is a new message; what is needed to edit it, as JSON.
    case posted(String)
    /// The message shows it.
    case edited
    /// Not now: again after so many milliseconds.
    case later(Int64)
    /// This reply is not to be shown while it grows.
    case never
  }

  /// Shows a text: makes a message where `posted` is nil, otherwise changes that one, and tells what became of it.
  package typealias Show = (_ growing: Growing, _ posted: String?, _ done: @escaping (Shown) throws -> Void)
    throws -> Void

  private final class Reply {
    var newest: Growing
    var shown = ""
    var posted: String?
    var isBusy = false
    var isMuted = false
    var nextAt: Int64
    var edits: Int64 = 0
    var timer: EventLoop.Timer?
    var waiter: ((String?) throws -> Void)?

    init(_ growing: Growing, nextAt: Int64) { (newest, self.nextAt) = (growing, nextAt) }
  }

  private let loop: EventLoop
  private let known: (String) -> String?
  private let remember: (PostedRow) throws -> Void
  private let interval: (Growing) -> Int64
  private let firstAfter: Int64
  private let show: Show
  private var replies: [String: Reply] = [:]
  /// The newest of those that are over: a partial that was late changes nothing.
  private var over: [String] = []

  /// Growing replies of a messenger.
  ///
  /// - Parameters:
  ///   - stage: the stage.
  ///   - firstAfter: milliseconds before a reply is shown for the first time, so that short ones come whole.
  ///   - interval: milliseconds between two texts of a reply; it grows with their number.
  ///   - show: shows a text.
  package convenience init(
    _ stage: Stage, firstAfter: Int64 = 1000, interval: @escaping (Growing) -> Int64, show: @escaping Show
  ) {
    self.init(
      stage.loop, firstAfter: firstAfter,
      known: { [unowned stage] in (try? stage.journal.store.posted(id: $0, part: 1))?.value },
      remember: { [unowned stage] row in
        try stage.untilStored { [unowned stage] in
          let now = stage.journal.clock.now()
          try stage.journal.write { try stage.journal.store.save(row, at: now) }
        }
      }, interval: interval, show: show)
  }

  /// The same on a loop: `known` is what was stored for a reply, `remember` stores it.
  init(
    _ loop: EventLoop, firstAfter: Int64, known: @escaping (String) -> String?,
    remember: @escaping (PostedRow) throws -> Void, interval: @escaping (Growing) -> Int64,
    show: @escaping Show
  ) {
    (self.loop, self.firstAfter, self.known, self.remember) = (loop, firstAfter, known, remember)
    (self.interval, self.show) = (interval, show)
  }

  /// Takes a text that is newer than those before.
  package func grow(_ growing: Growing) throws {
    guard !growing.text.isEmpty, !over.contains(growing.id) else { return }
    let reply: Reply
    if let known = replies[growing.id] {
      reply = known
      reply.newest = growing
    } else {
      // More than these at once are shown when they are whole.
      guard replies.count < 256 else { return }
      reply = Reply(growing, nextAt: loop.clock.monotonic() + firstAfter)
      reply.posted = known(growing.id)
      replies[growing.id] = reply
    }
    schedule(reply)
  }

  /// Ends the growth of a reply: nothing is shown of it any more, and `then` gets what its message needs to
  /// be edited, nil where there is none, once nothing is under way.
  package func finish(_ id: String, then: @escaping (String?) throws -> Void) throws {
    over.append(id)
    if over.count > 512 { over.removeFirst(256) }
    guard let reply = replies.removeValue(forKey: id) else {
      return try then(known(id))
    }
    reply.timer?.cancel()
    if reply.isBusy { reply.waiter = then } else { try then(reply.posted) }
  }

  private func schedule(_ reply: Reply) {
    guard !reply.isBusy, !reply.isMuted, reply.timer == nil, reply.newest.text != reply.shown,
      replies[reply.newest.id] === reply
    else { return }
    reply.timer = loop.after(reply.nextAt - loop.clock.monotonic()) { [weak self, weak reply] in
      guard let self, let reply else { return }
      reply.timer = nil
      try begin(reply)
    }
  }

  private func begin(_ reply: Reply) throws {
    let growing = reply.newest
    reply.isBusy = true
    try show(growing, reply.posted) { [weak self] shown in
      guard let self else { return }
      reply.isBusy = false
      try took(shown, growing, reply)
      if let waiter = reply.waiter {
        reply.waiter = nil
        return try waiter(reply.posted)
      }
      schedule(reply)
    }
  }

  private func took(_ shown: Shown, _ growing: Growing, _ reply: Reply) throws {
    var wait = interval(growing)
    // A long stream is edited less and less often: platforms punish what they call a flood.
    wait += min(wait * reply.edits / 20, wait * 4)
    switch shown {
    case .posted(let value):
      reply.posted = value
      reply.shown = growing.text
      try remember(PostedRow(id: growing.id, part: 1, session: growing.session, value: value))
    case .edited:
      reply.shown = growing.text
      reply.edits += 1
    case .later(let asked): wait = max(wait, asked)
    case .never: reply.isMuted = true
    }
    reply.nextAt = loop.clock.monotonic() + wait
  }
}
