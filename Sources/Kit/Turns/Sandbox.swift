internal import Console
internal import Gate
internal import Glibc
internal import Policy
package import Settings
package import Stage
internal import System

/// Confines a program with bubblewrap: the work directory writable, everything else read-only, secrets and
/// agim's own state hidden, the network only where the configuration says so.
package enum Sandbox {
  private static let program = "bwrap"

  /// What a program needs for itself, beside its work directory: one that talks to a model and keeps sessions.
  package struct Needs {
    /// Directories of its own, which it reads and writes whatever they hold.
    package var own: [String] = []
    /// Directories that it is to find empty.
    package var covered: [String] = []
    /// Whether it only reads in its work directory.
    package var isReadOnly = false
    /// Whether it makes sandboxes of its own for what it starts.
    package var nests = false
    /// Whether it cannot work without the network.
    package var network = false
    /// Whether it is not run without a sandbox, whatever the configuration says.
    package var isForced = false

    /// Nothing.
    package init() {}
  }

  /// Whether a sandbox will keep the program of an agent from agim's own state.
  ///
  /// `isStandard`: whether it is confined where the configuration does not say how.
  package static func confines(_ settings: AgentSettings, isStandard: Bool) -> Bool {
    let isWanted = isStandard && !settings.choosesSandbox ? true : settings.sandbox != "none"
    return isWanted && working() != nil
  }

  /// What is run in place of a command, in the same environment: it starts in `directory`, may write in `work`
  /// and in what it has `kept` of its own alone, and may read the files of agim's own that are `shown`.
  ///
  /// The program keeps that environment, and bubblewrap, which stays as its first process, has no other: so
  /// there is nothing to read there that the program does not have.
  ///
  /// - Throws: `Failure` where the agent must be confined and cannot be.
  package static func wrap(
    _ command: [String], _ turn: Turn, _ stage: Stage, directory: String, work: String,
    files shown: [String], needs: Needs = Needs()
  ) throws -> [String] {
    let settings = turn.settings
    guard settings.sandbox != "none" || needs.isForced else { return try RunAs.words(command, settings) }
    guard let bwrap = working() else {
      if settings.sandbox == "auto", !needs.isForced { return try RunAs.words(command, settings) }
      throw Failure(
        .unavailable, "\(settings.name) must run in a sandbox, and bubblewrap does not work here",
        hint: "install the Debian package bubblewrap, and see agim doctor"
          + (needs.isForced ? "" : "; or say \"sandbox\": \"none\""))
    }
    let words = mounts(
      stage, directory, work, shown, kept: needs.own, hasNetwork: settings.hasNetwork || needs.network,
      needs: needs)
    return try RunAs.words([bwrap] + words + ["--"] + command, settings)
  }

  /// A command that finds some directories empty, and all else as it is; nil where bubblewrap does not work.
  ///
  /// - Throws: `Failure` where it is to run as another user and cannot.
  package static func cover(_ places: [String], _ command: [String], _ settings: AgentSettings) throws
    -> [String]?
  {
    guard let bwrap = working() else { return nil }
    let covers = places.flatMap { ["--tmpfs", SystemFileFacts().resolve($0, from: "/").path] }
    let words = [bwrap, "--die-with-parent", "--dev-bind", "/", "/"] + covers + ["--"]
    return try RunAs.words(words + command, settings)
  }

  /// The arguments that confine a program; `kept` are places that it may see and change besides.
  static func mounts(
    _ stage: Stage, _ directory: String, _ work: String, _ shown: [String], kept: [String] = [],
    hasNetwork: Bool, needs: Needs = Needs()
  ) -> [String] {
    var arguments = ["--unshare-all"]
    if hasNetwork { arguments.append("--share-net") }
    arguments += [
      "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev",
      "--proc",
      "/proc", "--tmpfs", "/tmp", "--tmpfs", "/run",
    ]
    // Without this one, root cannot be root in a sandbox of its own.
    if needs.nests, geteuid() == 0 { arguments += ["--cap-add", "CAP_SETFCAP"] }
    let files = SystemFileFacts()
    if hasNetwork {
      let resolver = files.resolve("/etc/resolv.conf", from: "/").path
      if resolver.hasPrefix("/run/") { arguments += ["--ro-bind-try", resolver, resolver] }
    }
    let places = HiddenPlaces(home: ProcessGuard.variable("HOME") ?? "/", agimHome: stage.home)
    for place in places.fixed { arguments += hide(place, files) }
    // Its own path, because a session may have gone elsewhere, and what is written follows the links.
    let own = files.resolve(work, from: "/")
    if places.isWorkPlace(own) {
      // The work directory may lie below what was hidden, and what is to be hidden below it.
      arguments += [needs.isReadOnly ? "--ro-bind" : "--bind", own.path, own.path]
      for place in places.fixed where places.isBelow(files.resolve(place, from: "/").path, own.path) {
        arguments += hide(place, files)
      }
    }
    for place in places.secrets(below: own.path, files: files) { arguments += hide(place, files) }
    let start = files.resolve(directory, from: "/").path
    if !places.isBelow(start, own.path) {
      for place in places.secrets(below: start, files: files) { arguments += hide(place, files) }
    }
    for place in kept { arguments += ["--bind-try", place, place] }
    for file in shown { arguments += ["--ro-bind", file, file] }
    for place in needs.covered { arguments += ["--tmpfs", files.resolve(place, from: "/").path] }
    // Another directory for temporary files would be read-only in here, or not be there at all.
    arguments += ["--setenv", "TMPDIR", "/tmp"]
    return arguments + ["--chdir", directory]
  }

  static func hide(_ place: String, _ files: SystemFileFacts) -> [String] {
    let found = files.resolve(place, from: "/")
    switch found.kind {
    case .directory: return ["--tmpfs", found.path]
    case .file, .other: return ["--ro-bind", "/dev/null", found.path]
    case .missing, .link: return []
    }
  }

  /// The path of bubblewrap, if it can make a sandbox here.
  static func working() -> String? {
    let files = SystemFileFacts()
    guard let path = files.program(program, path: Policy.systemPath) else { return nil }
    let child = try? Child(
      [path, "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--", "/bin/true"],
      environment: ["PATH=/usr/bin:/bin"], output: .null, errors: .null)
    return child?.wait() == .exited(0) ? path : nil
  }
}
