internal import Glibc
internal import System

/// What a turn's program left running: it ends with the turn.
package enum LeftOvers {
  /// Kills the process group of a program that has ended, and what moved out of it.
  package static func end(of pid: Int32, turn id: String) {
    // Cheap, and enough for nearly all programs.
    if Glibc.kill(-pid, 0) == 0 || errno == EPERM { Glibc.kill(-pid, SIGKILL) }
    // What made a session of its own and lost its parent has come to us, because we are a subreaper.
    ProcessTree.endChildren(where: ProgramRun.markName, is: id)
  }
}
