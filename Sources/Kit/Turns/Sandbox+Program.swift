internal import Console
internal import Gate
internal import Glibc
internal import Policy
internal import Settings
package import Stage
internal import System

/// What confines the program of an agent, which needs the network and files of its own.
extension Sandbox {
  /// What is run in place of an agent's program.
  ///
  /// Where the configuration says how it is confined, that holds. Else what the policy denies whatever anybody
  /// says is hidden from it, as far as bubblewrap works here; and a program that runs commands without asking
  /// may write in its work directory alone, or does not run.
  ///
  /// - Parameters:
  ///   - command: The program, by its path, and its arguments.
  ///   - turn: The turn that it is started for.
  ///   - stage: The stage.
  ///   - own: Its own files, below the home directory: they stay as they are.
  ///   - runsUnasked: Whether it runs commands without asking.
  ///   - shown: Files of agim's own that it may see.
  /// - Returns: the program with its arguments, or bubblewrap with them.
  /// - Throws: `Failure` where it must be confined and cannot be.
  package static func program(
    _ command: [String], _ turn: Turn, _ stage: Stage, own: [String], runsUnasked: Bool,
    shown: [String] = []
  ) throws -> [String] {
    let settings = turn.settings
    let isChosen = settings.choosesSandbox
    if isChosen, settings.sandbox == "none" { return try RunAs.words(command, settings) }
    let home = try RunAs.account(settings)?.home ?? ProcessGuard.variable("HOME") ?? "/"
    let own =
      own.map { "\(settings.env["HOME"] ?? home)/\($0)" }
      + settings.env.values.filter { $0.hasPrefix("\(home)/") }.sorted()
    guard let bwrap = working() else {
      if isChosen ? settings.sandbox == "auto" : !runsUnasked || settings.isTrusted {
        return try RunAs.words(command, settings)
      }
      throw Failure(
        .unavailable,
        isChosen
          ? "\(settings.name) must run in a sandbox, and bubblewrap does not work here"
          : "\(settings.name) runs commands without asking, and bubblewrap, which would confine it, does not work",
        hint: "install the Debian package bubblewrap, and see agim doctor; or say \"sandbox\": \"none\"")
    }
    if isChosen || runsUnasked {
      let words = mounts(
        stage, turn.workdir, turn.workdir, shown, kept: own, hasNetwork: !isChosen || settings.hasNetwork)
      return try RunAs.words([bwrap] + words + ["--"] + command, settings)
    }
    return try RunAs.words(
      [bwrap] + covers(stage, turn.workdir, own, home, shown) + ["--"] + command,
      settings)
  }

  /// Everything as it is, without what holds secrets.
  private static func covers(
    _ stage: Stage, _ work: String, _ own: [String], _ home: String, _ shown: [String]
  ) -> [String] {
    var arguments = [
      "--dev-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--die-with-parent", "--new-session",
    ]
    let files = SystemFileFacts()
    let places = HiddenPlaces(home: home, agimHome: stage.home)
    // A root whose home is elsewhere may have the program itself there.
    let fixed =
      places.fixed.filter { $0 != "/root" }
      + (home == "/root" ? [] : HiddenPlaces(home: "/root", agimHome: stage.home).fixed)
    let kept = own.map { files.resolve($0, from: "/").path }
    for place in fixed {
      let real = files.resolve(place, from: "/").path
      if !kept.contains(where: { $0 == real || places.isBelow(real, $0) }) { arguments += hide(place, files) }
    }
    for place in kept
    where fixed.contains(where: { places.isBelow(place, files.resolve($0, from: "/").path) }) {
      arguments += ["--bind-try", place, place]
    }
    let work = files.resolve(work, from: "/")
    if places.isWorkPlace(work) {
      arguments += ["--bind", work.path, work.path]
      for place in fixed where places.isBelow(files.resolve(place, from: "/").path, work.path) {
        arguments += hide(place, files)
      }
    }
    for place in places.secrets(below: work.path, files: files) { arguments += hide(place, files) }
    for file in shown { arguments += ["--ro-bind", file, file] }
    return arguments + ["--chdir", work.path]
  }
}
