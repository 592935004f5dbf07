/// The exit statuses of agim's commands: those of sysexits.h, and what a shell gives for a dead reader.
package struct ExitCode: Equatable, Hashable, Sendable {
  /// The number.
  package let number: Int32
  private init(_ number: Int32) { self.number = number }

  /// 0: it worked.
  package static let ok = ExitCode(0)
  /// 2: a hook blocks what it was asked about; of `agim-approve hook` alone.
  package static let blocked = ExitCode(2)
  /// 64: the command was called wrongly.
  package static let usage = ExitCode(64)
  /// 65: the input is not what it should be.
  package static let dataError = ExitCode(65)
  /// 66: an input file is not there.
  package static let noInput = ExitCode(66)
  /// 69: something that is needed is not available.
  package static let unavailable = ExitCode(69)
  /// 70: a fault in agim itself.
  package static let software = ExitCode(70)
  /// 71: the operating system refused something.
  package static let system = ExitCode(71)
  /// 73: an output file cannot be made.
  package static let cannotCreate = ExitCode(73)
  /// 74: output could not be written.
  package static let ioError = ExitCode(74)
  /// 75: try again later; nothing is lost.
  package static let temporary = ExitCode(75)
  /// 77: not permitted.
  package static let notPermitted = ExitCode(77)
  /// 78: the configuration is wrong.
  package static let configuration = ExitCode(78)
  /// 141: the reader of the output is gone, as SIGPIPE would have said it.
  package static let readerGone = ExitCode(141)

  /// All of them with their meaning, for `--help` and the test of the man pages.
  package static let all: [(code: ExitCode, meaning: String)] = [
    (.ok, "success"), (.usage, "usage"), (.dataError, "data"), (.noInput, "no input"),
    (.unavailable, "unavailable"), (.software, "internal"), (.system, "system"),
    (.cannotCreate, "cannot create"), (.ioError, "output not written"), (.temporary, "try again"),
    (.notPermitted, "not permitted"), (.configuration, "configuration"), (.readerGone, "reader gone"),
  ]
}
