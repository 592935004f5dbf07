internal import Glibc
internal import Synchronization

/// In debug builds, the end of the process at the n-th commit or write.
///
/// `AGIM_CRASH_AT=n` makes the n-th call of `reached()` send SIGKILL to the process, so that a test
/// can enumerate every instant at which a crash matters. Release builds do not look at it.
package enum CrashPoint {
  #if DEBUG
    private static let left = Atomic(Int(ProcessGuard.variable("AGIM_CRASH_AT") ?? "") ?? -1)
  #endif

  /// Marks an instant just before or after something becomes visible outside the process.
  @inline(__always)
  package static func reached() {
    #if DEBUG
      guard left.load(ordering: .relaxed) > 0 else { return }
      if left.subtract(1, ordering: .relaxed).newValue == 0 { kill(getpid(), SIGKILL) }
    #endif
  }
}
