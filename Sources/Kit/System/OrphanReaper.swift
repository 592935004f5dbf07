internal import CPosix
internal import Glibc

/// Asks for the end of processes that the system gave us as a subreaper: nobody else does, and until then each of them
/// keeps its number.
package struct OrphanReaper {
  private var dead: Set<Int32> = []

  /// One that has seen nothing yet.
  package init() {}

  /// Whether orphans below this process come to it.
  package static var isNeeded: Bool { agim_is_subreaper() }

  /// Looks; to be called every now and then.
  ///
  /// What was dead the last time too is nobody's: whoever has started a program asks for it as soon as it ends.
  package mutating func look() { look(at: ProcessTree.deadChildren()) }

  mutating func look(at now: Set<Int32>) {
    for pid in now.intersection(dead) { waitpid(pid, nil, WNOHANG) }
    dead = now
  }
}
