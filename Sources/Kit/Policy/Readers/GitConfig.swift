/// What the settings of a repository name.
///
/// Any of hundreds of keys can name a program, a file or another configuration; so those that cannot are
/// listed, and whatever else stands in a file counts as if it did.
enum GitConfig {
  private static let harmless: Set<String> = [
    "core.repositoryformatversion", "core.filemode", "core.logallrefupdates", "core.ignorecase",
    "core.precomposeunicode", "core.symlinks", "core.autocrlf", "core.eol", "core.safecrlf", "core.quotepath",
    "core.abbrev",
    "core.whitespace", "core.compression", "core.longpaths", "core.sharedrepository", "core.preloadindex",
    "core.untrackedcache", "core.commitgraph", "core.protectntfs", "core.protecthfs", "core.bare=false",
    "core.fsmonitor=false", "user.name", "user.email", "user.signingkey", "user.useconfigonly", "author.name",
    "author.email",
    "committer.name", "committer.email", "init.defaultbranch", "push.default", "push.followtags",
    "push.autosetupremote",
    "pull.rebase", "pull.ff", "fetch.prune", "fetch.prunetags", "fetch.parallel", "rebase.autostash",
    "rebase.autosquash",
    "rebase.updaterefs", "merge.conflictstyle", "merge.ff", "diff.algorithm", "diff.renames",
    "diff.colormoved",
    "diff.mnemonicprefix", "diff.noprefix", "diff.context", "rerere.enabled", "rerere.autoupdate",
    "commit.verbose",
    "commit.gpgsign", "tag.gpgsign", "tag.sort", "branch.sort", "branch.autosetuprebase",
    "branch.autosetupmerge",
    "help.autocorrect", "column.ui", "status.branch", "status.short", "status.showuntrackedfiles", "log.date",
    "log.decorate", "log.abbrevcommit", "log.follow", "blame.date", "color.ui", "gc.auto", "gc.autodetach",
    "index.version",
    "pack.threads", "feature.manyfiles", "safe.directory", "advice.detachedhead",
    "http.postbuffer", "http.version", "transfer.fsckobjects", "receive.denycurrentbranch",
    "maintenance.auto",
  ]

  /// Keys whose middle part is a name.
  private static let named: [String: Set<String>] = [
    "remote": ["url", "pushurl", "fetch", "push", "prune", "tagopt", "gh-resolved"],
    "branch": [
      "remote", "merge", "rebase", "pushremote", "vscode-merge-base", "github-pr-owner-number", "description",
    ],
    "color": [
      "ui", "branch", "diff", "status", "interactive", "pager", "grep", "current", "local", "remote", "meta",
      "frag", "old",
      "new", "added", "changed", "untracked", "commit", "whitespace", "decorate", "showbranch", "blame",
    ],
    "advice": [],
    "url": ["insteadof", "pushinsteadof"],
  ]

  /// The first key that is not known to be harmless; nil when all are.
  static func firstUnknown(_ bytes: [UInt8]) -> String? {
    guard let text = String(validating: bytes, as: UTF8.self) else { return "text that is not UTF-8" }
    var section = ""
    var isNamed = false
    for whole in text.utf8.split(separator: 0x0A) {
      let line = whole.last == 0x0D ? whole.dropLast() : whole
      // In the middle of a line it is part of a value, but does not look so.
      if line.contains(0x0D) { return "a carriage return" }
      var rest = line.drop { $0 == 0x20 || $0 == 0x09 }
      guard let first = rest.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else { continue }
      // A value that goes on in the next line is not followed.
      if line.last == UInt8(ascii: "\\") { return "a line that goes on" }
      if first == UInt8(ascii: "[") {
        guard let close = rest.lastIndex(of: UInt8(ascii: "]")) else { return "a section" }
        let head = rest[..<close].dropFirst()
        isNamed = head.contains(0x22) || head.contains(UInt8(ascii: "."))
        section = head.prefix { $0 != 0x20 && $0 != 0x22 && $0 != 0x2E }.asText.lowercased()
        rest = rest[close...].dropFirst()
        guard rest.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { return "a section with more in its line" }
        continue
      }
      let name = rest.prefix { $0 != 0x3D && $0 != 0x20 && $0 != 0x09 }.asText.lowercased()
      let key = isNamed ? "\(section).*.\(name)" : "\(section).\(name)"
      let value =
        rest.firstIndex(of: 0x3D).map { rest[$0...].dropFirst().filter { $0 != 0x20 && $0 != 0x09 } } ?? []
      if isHarmless(section, name, isNamed, String(decoding: value, as: UTF8.self).lowercased()) { continue }
      return key
    }
    return nil
  }

  private static func isHarmless(_ section: String, _ name: String, _ isNamed: Bool, _ value: String) -> Bool
  {
    if section == "advice" || section == "color" { return true }
    if isNamed {
      // `ext::` and its like run programs, but only when something is fetched.
      return named[section]?.contains(name) == true
    }
    return harmless.contains("\(section).\(name)") || harmless.contains("\(section).\(name)=\(value)")
  }
}

extension Policy {
  /// Whether settings of a repository name no program, file or other settings.
  package static func isHarmless(gitSettings bytes: [UInt8]) -> Bool { GitConfig.firstUnknown(bytes) == nil }
}
