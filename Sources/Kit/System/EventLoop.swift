internal import CPosix
internal import Glibc

/// One loop for descriptors, children, timers and signals, on one thread.
///
/// Handlers run one after the other and may throw: the error leaves `run()`. Before every wait the
/// loop calls the `beforeWait` handlers and writes its output, so that nothing that is finished sits
/// in a buffer while the process sleeps.
package final class EventLoop {
  /// A descriptor that is watched until it is cancelled.
  package final class Watch {
    /// The descriptor.
    package let fd: Int32
    /// Off: the descriptor stays registered but is not looked at.
    package var isEnabled = true
    /// Whether to wait until it can be written rather than read.
    package var forWriting: Bool
    fileprivate let handler: () throws -> Void
    fileprivate var isCancelled = false
    fileprivate init(_ fd: Int32, forWriting: Bool, _ handler: @escaping () throws -> Void) {
      self.fd = fd
      self.forWriting = forWriting
      self.handler = handler
    }
    /// Stops watching; must happen before the descriptor is closed.
    package func cancel() { isCancelled = true }
  }

  /// A call that is made once, later.
  package final class Timer {
    fileprivate let deadline: Int64
    fileprivate var handler: (() throws -> Void)?
    fileprivate init(_ deadline: Int64, _ handler: @escaping () throws -> Void) {
      self.deadline = deadline
      self.handler = handler
    }
    /// The call is not made.
    package func cancel() { handler = nil }
  }

  /// Time for the timers.
  package let clock: Clock
  /// Lines to write before each wait, and the reader to look after.
  package var output: OutputWriter?

  private var watches: [Watch] = []
  private var timers: [Timer] = []
  private var hooks: [() throws -> Void] = []
  private var stopped = false
  private var signals: [Descriptor] = []

  /// A loop on a clock.
  package init(clock: Clock) {
    self.clock = clock
    signal(SIGPIPE, SIG_IGN)
  }

  /// Calls the handler whenever the descriptor can be read (or is at its end).
  @discardableResult
  package func watch(_ fd: Int32, _ handler: @escaping () throws -> Void) -> Watch {
    let watch = Watch(fd, forWriting: false, handler)
    watches.append(watch)
    return watch
  }

  /// Calls the handler whenever the descriptor can be written (or its reader is gone).
  @discardableResult
  package func watchWriting(_ fd: Int32, _ handler: @escaping () throws -> Void) -> Watch {
    let watch = Watch(fd, forWriting: true, handler)
    watches.append(watch)
    return watch
  }

  /// Calls the handler once, after so many milliseconds.
  @discardableResult
  package func after(_ milliseconds: Int64, _ handler: @escaping () throws -> Void) -> Timer {
    let timer = Timer(clock.monotonic() + max(0, milliseconds), handler)
    timers.append(timer)
    return timer
  }

  /// Calls the handler before every wait, in the order of registration.
  package func beforeWait(_ handler: @escaping () throws -> Void) { hooks.append(handler) }

  /// Calls the handler with each of these signals instead of what they usually do; one call for each set.
  ///
  /// - Throws: `SystemError`.
  package func onSignals(_ numbers: [Int32], _ handler: @escaping (Int32) throws -> Void) throws {
    let fd = agim_signal_descriptor(numbers, Int32(numbers.count))
    guard fd >= 0 else { throw SystemError("signalfd", "signals") }
    let descriptor = Descriptor(fd)
    signals.append(descriptor)
    watch(fd) {
      while true {
        let number = agim_signal_next(descriptor.number)
        guard number != 0 else { return }
        try handler(number)
      }
    }
  }

  /// Whether a signal of `onSignals` waits to be handled: for those who keep the loop from turning.
  package var hasPendingSignal: Bool {
    guard !signals.isEmpty else { return false }
    var ready = signals.map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
    return poll(&ready, nfds_t(ready.count), 0) > 0
  }

  /// Ends `run()` after the current handler.
  package func stop() { stopped = true }

  /// Serves until `stop()` or an error of a handler.
  ///
  /// - Throws: what a handler threw, `ReaderGone` when the reader of the output is gone.
  package func run() throws {
    stopped = false
    while !stopped {
      for hook in hooks { try hook() }
      if stopped { break }
      if let output, output.pending > 0, try output.pump() {
        // What waited for its output to be written may go on now.
        continue
      }
      try turn()
    }
    try output?.pump()
  }

  private func turn() throws {
    watches.removeAll { $0.isCancelled }
    timers.removeAll { $0.handler == nil }
    let now = clock.monotonic()
    var wait: Int64 = -1
    for timer in timers where wait < 0 || timer.deadline - now < wait { wait = max(0, timer.deadline - now) }

    let active = watches.filter(\.isEnabled)
    var polls = active.map {
      pollfd(fd: $0.fd, events: Int16($0.forWriting ? POLLOUT : POLLIN), revents: 0)
    }
    if let output, output.hasReader || output.pending > 0 {
      let writable = output.pending > 0 && !output.lockIsBusy
      polls.append(pollfd(fd: output.fd, events: writable ? Int16(POLLOUT) : 0, revents: 0))
      if output.lockIsBusy { wait = wait < 0 ? 2 : min(wait, 2) }
    }
    let ready = poll(&polls, nfds_t(polls.count), Int32(clamping: wait))
    if ready < 0, errno != EINTR { throw SystemError("poll", "descriptors") }

    if ready > 0 {
      // A pipe whose reader is gone shows an error, a socket a hang-up.
      if polls.count > active.count,
        Int32(polls[active.count].revents) & (POLLERR | POLLHUP | POLLNVAL) != 0
      {
        throw ReaderGone()
      }
      for (index, watch) in active.enumerated() where polls[index].revents != 0 {
        if !watch.isCancelled, watch.isEnabled { try watch.handler() }
        if stopped { return }
      }
    }
    let later = clock.monotonic()
    let due = timers.filter { $0.deadline <= later }
    for timer in due.sorted(by: { $0.deadline < $1.deadline }) {
      guard let handler = timer.handler else { continue }
      timer.handler = nil
      try handler()
      if stopped { return }
    }
  }
}
