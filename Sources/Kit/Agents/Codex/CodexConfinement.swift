internal import Gate
internal import Policy
internal import Settings
internal import Stage
internal import System
internal import Turns

/// What codex is told at its start, so that nothing of a repository runs unasked and no secret is read.
///
/// codex runs each command in a sandbox of its own, and a permission profile says what that hides: even a
/// command that a person allowed outside of it, and the tool that shows pictures, keep to the profile.
struct CodexConfinement {
  /// The name of our permission profile.
  static let profile = "agim"
  /// More secrets than these are hidden with the directory that holds them: the model is told each of them.
  private static let limit = 200

  /// Options of the program.
  let options: [String]
  /// The directory with rules that let commands run unasked; nil where there is none.
  let rules: String?
  /// codex's own directory.
  let home: String

  /// What confines codex in a turn's work directory.
  ///
  /// - Parameters:
  ///   - turn: The turn.
  ///   - stage: The stage.
  ///   - variables: What the program gets as `HOME` and `CODEX_HOME`.
  ///   - program: Its file, absolute: its sandbox must find what belongs to it.
  init(_ turn: Turn, _ stage: Stage, variables: [String: String], program: String) {
    let files = SystemFileFacts()
    let user = variables["HOME"] ?? "/"
    home = variables["CODEX_HOME"] ?? "\(user)/.codex"
    let work = files.resolve(turn.workdir, from: "/")
    let shown = [work.path, Self.above(Self.above(files.resolve(program, from: "/").path))]
    var hidden: Set<String> = []
    var isWorkPlace = true
    for one in Set([user, ProcessGuard.variable("HOME") ?? user]) {
      let places = HiddenPlaces(home: one, agimHome: stage.home)
      isWorkPlace = isWorkPlace && places.isWorkPlace(work)
      for place in places.fixed {
        hidden.formUnion(Self.around(shown, place, stage.home, places, files))
      }
      let secrets = places.secrets(below: work.path, files: files)
      hidden.formUnion(secrets.count > Self.limit ? secrets.map { Self.top($0, work.path) } : secrets)
    }
    let list = hidden.sorted().map { "\(Self.toml($0))=\"deny\"" }.joined(separator: ",")
    let base = turn.isPlan || !isWorkPlace ? ":read-only" : ":workspace"
    let network = turn.settings.hasNetwork && !turn.isPlan
    let projects = Set([turn.workdir, work.path]).sorted()
      .map { "\(Self.toml($0))={trust_level=\"untrusted\"}" }.joined(separator: ",")
    var settings = [
      "default_permissions=\"\(Self.profile)\"",
      "permissions.\(Self.profile)={extends=\"\(base)\",filesystem={\(list)},network={enabled=\(network)}}",
      // A directory that is trusted, and one that nobody was asked about is, brings servers, hooks and rules.
      "projects={\(projects)}",
      // What a person allowed must not be given more to do: its input is closed.
      "features.unified_exec_tty=false",
      // Nothing goes on by itself when the turn is over.
      "features.goals=false", "features.multi_agent=false",
      // Their tools run elsewhere, and ask nobody.
      "features.apps=false", "features.plugins=false",
    ]
    if !network { settings.append("web_search=\"disabled\"") }
    options = settings.flatMap { ["-c", $0] }
    let rules = "\(home)/rules"
    let hasRules = files.entries(of: rules, limit: 1000)?.contains { entry in
      let ending = ".rules".utf8
      return entry.name.utf8.count >= ending.count
        && entry.name.utf8.suffix(ending.count).elementsEqual(ending)
    }
    self.rules = hasRules == true ? rules : nil
  }

  /// What is hidden of a place: all of it, or what is beside the directories that are shown.
  private static func around(
    _ shown: [String], _ place: String, _ own: Home, _ places: HiddenPlaces, _ files: SystemFileFacts
  ) -> [String] {
    let found = files.resolve(place, from: "/")
    guard found.kind != .missing, found.kind != .link else { return [] }
    guard shown.contains(where: { same($0, found.path) || places.isBelow($0, found.path) }) else {
      return [found.path]
    }
    var all: [String] = []
    for entry in files.entries(of: found.path, limit: 10_000) ?? [] {
      let child = "\(found.path)/\(entry.name)"
      // Work directories of other sessions are no secret.
      if same(child, files.resolve(own.work, from: "/").path) || shown.contains(where: { same($0, child) }) {
        continue
      }
      all += shown.contains { places.isBelow($0, child) } ? around(shown, child, own, places, files) : [child]
    }
    return all
  }

  private static func above(_ path: String) -> String {
    guard let cut = path.utf8.lastIndex(of: UInt8(ascii: "/")), cut > path.utf8.startIndex else { return "/" }
    return String(path[..<cut])
  }

  private static func same(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }

  /// The entry of a directory through which a path below it leads.
  private static func top(_ path: String, _ directory: String) -> String {
    let below = path.utf8.dropFirst(directory.utf8.count + 1)
    return "\(directory)/\(Substring(below.prefix { $0 != UInt8(ascii: "/") }))"
  }

  /// A string as TOML writes it.
  static func toml(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22, 0x5C: out += "\\\(scalar)"
      case 0..<0x20, 0x7F:
        let hex = String(scalar.value, radix: 16, uppercase: true)
        out += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
