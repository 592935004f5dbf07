/// Git, where it only reads and its configuration names no program.
extension ShellInspector {
  private static let plainOptions: [String: String] = [
    "status": """
    -s -b -u? -v -z --short --branch --porcelain? --long --verbose --untracked-files? --ignored? \
    --show-stash --ahead-behind --no-ahead-behind --column? --no-column --renames --no-renames
    """,
    "log": log, "show": log,
    "shortlog": """
    -s -n -e -c -w? --summary --numbered --email --no-merges --since= --until= --all --group= \
    --committer
    """,
    "diff": diff,
    "blame": """
    -L= -l -t -b -e -p -s -w -c -f -n -M? -C? --root --show-stats --line-porcelain --porcelain \
    --incremental --show-name --show-number --show-email --abbrev= --since= --date=
    """,
    "ls-files": """
    -c -d -m -o -i -s -u -k -t -v -f -z -x= --cached --deleted --modified --others --ignored --stage \
    --unmerged --killed --directory --no-empty-directory --exclude= --exclude-standard --full-name \
    --error-unmatch --abbrev? --eol
    """,
    "ls-tree": """
    -d -r -t -l -z --long --name-only --name-status --object-only --full-name --full-tree --abbrev? \
    --format=
    """,
    "rev-parse": """
    --show-toplevel --git-dir --is-inside-work-tree --is-inside-git-dir --is-bare-repository \
    --git-common-dir --show-prefix --show-cdup --abbrev-ref? --short? --verify --symbolic \
    --symbolic-full-name --all --branches? --tags? --remotes? --quiet -q --absolute-git-dir \
    --show-object-format? --show-superproject-working-tree
    """,
    "rev-list": """
    -n= -# --count --all --branches? --tags? --remotes? --max-count= --skip= --since= --until= --after= \
    --before= --author= --grep= --reverse --topo-order --date-order --first-parent --merges --no-merges \
    --left-right --left-only --right-only --objects --abbrev-commit --oneline --parents --children --not \
    --ancestry-path
    """,
    "describe": """
    --tags --all --long --always --dirty? --abbrev= --contains --exact-match --candidates= --match= \
    --exclude= --first-parent
    """,
    "for-each-ref": """
    --count= --sort= --format= --points-at= --merged? --no-merged? --contains? --no-contains?
    """,
    "show-ref": """
    -q -d -s --head --heads --tags --branches --verify --quiet --hash? --dereference --abbrev?
    """,
    "name-rev": "--tags --refs= --all --name-only --always",
    "merge-base": "-a --all --octopus --independent --is-ancestor --fork-point",
    "cat-file": "-t -s -e -p", "count-objects": "-v -H --verbose --human-readable", "whatchanged": log,
    "diff-tree": diff, "diff-index": diff, "diff-files": diff,
    "check-ignore": "-q -v -n -z --quiet --verbose --non-matching --no-index",
    "grep": """
    -a -i -I -w -v -h -H -l -L -c -n -o -p -W -q -E -G -P -F -e= -A= -B= -C= -# -z --cached \
    --text --ignore-case --word-regexp --invert-match --full-name --extended-regexp \
    --basic-regexp --perl-regexp --fixed-strings --line-number --column --files-with-matches --name-only \
    --files-without-match --only-matching --count --color? --no-color --break --heading --show-function \
    --context= --after-context= --before-context= --function-context --and --or --not --max-depth= \
    --quiet --threads=
    """,
    "version": "--build-options",
  ]
  private static let log =
    diff + """
       -n= -L= -i -E -F -P -g --oneline --graph --decorate? --no-decorate --decorate-refs= --all \
       --branches? --tags? --remotes? \
      --max-count= --skip= --since= --until= --after= --before= --author= --committer= --grep= \
      --invert-grep --all-match \
      --regexp-ignore-case --extended-regexp --fixed-strings --perl-regexp --merges --no-merges \
      --first-parent --follow --reverse \
      --topo-order --date-order --author-date-order --pretty? --format= --abbrev-commit \
      --no-abbrev-commit --date= \
      --relative-date --parents --children --left-right --left-only --right-only --cherry-pick \
      --cherry-mark --cherry \
      --boundary --simplify-by-decoration --full-history --source --walk-reflogs --no-walk? --not \
      --show-pulls --no-notes \
      --no-mailmap --mailmap --clear-decorations --ancestry-path --dense --sparse --remerge-diff-never
      """
  private static let diff = """
    -p -u -s -# -U= -z -R -a -b -w -M? -B? -D -C? -l= -S= -G= -W -c -m -r -t -v --patch --no-patch \
    --unified= --raw \
    --patch-with-raw --minimal --patience --histogram --anchored= --diff-algorithm= --stat? --no-stat \
    --compact-summary --numstat \
    --shortstat --dirstat? --cumulative --summary --patch-with-stat --name-only --name-status --color? \
    --no-color \
    --color-moved? --word-diff? --word-diff-regex= --color-words? --no-renames --check --full-index \
    --binary --abbrev? \
    --find-renames? --find-copies? --find-copies-harder --diff-filter= --pickaxe-all --pickaxe-regex \
    --relative? \
    --no-relative --text --ignore-space-at-eol --ignore-space-change --ignore-all-space --ignore-blank-lines \
    --ignore-cr-at-eol --inter-hunk-context= --function-context --exit-code --quiet --no-ext-diff \
    --no-textconv \
    --ignore-submodules? --cached --staged --merge-base --cc --combined-all-paths --no-prefix \
    --src-prefix= --dst-prefix= \
    --line-prefix= --root --no-color-moved --color-moved-ws= --ws-error-highlight= --break-rewrites? \
    --irreversible-delete
    """

  /// Subcommands that show what is in files.
  private static let content: Set<String> = [
    "diff", "show", "log", "grep", "blame", "cat-file", "whatchanged", "diff-tree", "diff-index",
    "diff-files",
  ]

  /// Options before the subcommand that change nothing of what is read.
  private static let harmless: Set<String> = [
    "--no-pager", "-P", "--no-optional-locks", "--no-replace-objects", "--literal-pathspecs",
  ]

  mutating func git(_ words: [String]) {
    let before = directories
    defer { directories = before }
    var rest = words[...]
    while let first = rest.first {
      if first == "-C" {
        rest = rest.dropFirst()
        guard goInto(rest.popFirst() ?? "") else { return }
      } else if Self.harmless.contains(first) {
        rest = rest.dropFirst()
      } else {
        break
      }
    }
    guard let verb = rest.popFirst() else { return findings.raise(to: .acts, "git: there is nothing to do.") }
    if verb == "--version" || verb == "version" { return }
    guard let entry = options(of: verb, &rest) else {
      return findings.raise(to: .acts, "git \(verb) is not known to only read.")
    }
    let options = OptionReader(rest, entry: "paths " + entry)
    if let problem = options.problem { return findings.raise(to: .acts, "git \(verb): \(problem).") }
    if let format = options.texts.first(where: Self.verifies) {
      return findings.raise(to: .acts, "git \(verb): '\(format)' may start a program that checks signatures.")
    }
    for path in options.paths + ["."] { read(path) }
    for path in options.paths {
      // `HEAD:../x`, and a revision that holds one.
      for part in path.utf8.split(separator: UInt8(ascii: ":")) { read(part.asText) }
    }
    guard findings.use == .reads, !isLost else { return }
    for directory in directories {
      if let problem = GitRepository.problem(at: directory, context) {
        return findings.raise(to: .acts, "git: \(problem).")
      }
      guard let root = GitRepository.root(of: directory, context) else { continue }
      // What lies elsewhere is compared without a repository, file by file.
      for path in options.paths where !Paths.isInside(context.resolve(path, from: directory).path, root) {
        return findings.raise(to: .acts, "git \(verb): \(path) is not in the repository.")
      }
      let index = GitIndex(context.files.contents(of: root + "/.git/index", limit: 1 << 24))
      if let problem = index.problem(
        isMissing: context.resolve("index", from: root + "/.git").kind == .missing)
      {
        return findings.raise(to: .acts, "git: \(problem).")
      }
      if let secret = index.secret, Self.content.contains(verb), showsContent(verb, rest) {
        return findings.raise(to: .reports, "git \(verb) may show what is in \(secret).")
      }
    }
  }

  /// `-C DIR`: the rest is read as if git had been started there.
  private mutating func goInto(_ directory: String) -> Bool {
    guard !directory.isEmpty, !isLost else {
      findings.raise(to: .acts, "git: '-C \(directory)' is not known to only read.")
      return false
    }
    read(directory)
    guard findings.use == .reads else { return false }
    var next: [String] = []
    for place in directories {
      let real = context.resolve(directory, from: place)
      guard real.kind == .directory else {
        findings.raise(to: .acts, "git: \(directory) is not a directory.")
        return false
      }
      if !next.contains(real.path) { next.append(real.path) }
    }
    directories = next
    return true
  }

  /// A format in which signatures are checked, by another program.
  private static func verifies(_ format: String) -> Bool {
    let bytes = Array(format.utf8)
    return zip(bytes, bytes.dropFirst()).contains { $0.0 == UInt8(ascii: "%") && $0.1 == UInt8(ascii: "G") }
      || bytes.split(whereSeparator: { $0 | 0x20 < 0x61 || $0 | 0x20 > 0x7A }).contains {
        $0.elementsEqual("signature".utf8)
      }
  }

  /// git log shows the content of files only when it is told to.
  private func showsContent(_ verb: String, _ rest: ArraySlice<String>) -> Bool {
    guard verb == "log" || verb == "show" || verb == "diff" else { return true }
    let namesOnly = [
      "--stat", "--shortstat", "--numstat", "--name-only", "--name-status", "--summary", "--dirstat", "-s",
      "--no-patch",
    ]
    let asks = rest.contains { word in
      [
        "-p", "-u", "--patch", "--patch-with-stat", "--patch-with-raw", "-c", "--cc", "-m", "--binary", "-W",
        "--word-diff",
      ].contains(word)
        || ["-L", "-G", "-S", "-U", "--unified", "--color-words", "--word-diff"].contains {
          word.utf8.starts(with: $0.utf8)
        }
    }
    if verb == "log" { return asks }
    return asks || !rest.contains { namesOnly.contains($0) }
  }

  /// The options of a subcommand, also of those that read only in one form.
  private func options(of verb: String, _ rest: inout ArraySlice<String>) -> String? {
    if let entry = Self.plainOptions[verb] { return entry }
    switch verb {
    case "branch":
      let entry = """
        -a -r -v -vv -l --all --remotes --list --verbose --show-current --no-color --color? --sort= \
        --format= --no-column --merged? --no-merged? --contains? --no-contains? --points-at=
        """
      // A name would make a branch, unless the list is asked for.
      let isList = rest.contains("--list") || rest.contains("-l")
      return isList || rest.allSatisfy { $0.utf8.first == UInt8(ascii: "-") } ? entry : nil
    case "tag":
      let isList = rest.contains("--list") || rest.contains("-l")
      return isList || rest.isEmpty
        ? """
        -l -n? -i --list --sort= --format= --contains? --no-contains? --merged? --no-merged? --points-at= \
        --column? --no-column
        """ : nil
    case "remote":
      if rest.isEmpty { return "" }
      return rest.allSatisfy { $0 == "-v" || $0 == "--verbose" } ? "-v --verbose" : nil
    case "stash":
      guard let next = rest.first, next == "list" else { return nil }
      rest = rest.dropFirst()
      return "--oneline -p --stat --date= --format= --pretty?"
    case "reflog":
      guard rest.isEmpty || rest.first == "show" || rest.first?.utf8.first == UInt8(ascii: "-") else {
        return nil
      }
      if rest.first == "show" { rest = rest.dropFirst() }
      return Self.log
    case "worktree":
      guard rest.first == "list" else { return nil }
      rest = rest.dropFirst()
      return "--porcelain -v -z"
    default: return nil
    }
  }
}

/// A repository on disk.
enum GitRepository {
  /// Where the nearest repository begins, its directory `.git`.
  static func root(of directory: String, _ context: CallContext) -> String? {
    var place = directory
    while true {
      if context.resolve(".git", from: place).kind != .missing { return place }
      guard place.utf8.count > 1 else { return nil }
      place = Paths.parent(place)
    }
  }

  /// Why git must not be run here unasked; nil when its configuration names no program.
  static func problem(at directory: String, _ context: CallContext) -> String? {
    var place = directory
    while true {
      guard Paths.isInside(place, context.workdir) else {
        return "no repository begins inside the work directory"
      }
      let git = context.resolve(".git", from: place)
      if git.kind == .directory {
        guard Bytes.same(git.path, place + "/.git") else { return "\(place)/.git is a link" }
        return problem(in: git.path, context)
      }
      if git.kind != .missing { return "\(place)/.git is not a directory" }
      // A directory that looks like a repository is one to git.
      if context.resolve("HEAD", from: place).kind != .missing {
        return "\(place) looks like a repository itself"
      }
      guard place.utf8.count > 1 else { return "there is no repository" }
      place = Paths.parent(place)
    }
  }

  private static func problem(in git: String, _ context: CallContext) -> String? {
    for name in [
      "config.worktree", "commondir", "objects/info/alternates", "hooks/post-index-change", "modules",
      "shallow.lock",
    ]
    where context.resolve(name, from: git).kind != .missing {
      return "\(git)/\(name) may change what git does"
    }
    let own = context.resolve("config", from: git)
    guard own.kind == .file else { return "\(git)/config is missing" }
    for (path, isOurs) in [
      (git + "/config", true), (context.home + "/.gitconfig", false),
      (context.home + "/.config/git/config", false),
      ("/etc/gitconfig", false),
    ] {
      let real = context.resolve(path, from: "/")
      if real.kind == .missing { continue }
      guard real.kind == .file, let bytes = context.files.contents(of: real.path, limit: 65_536) else {
        return "\(path) cannot be read"
      }
      if isOurs, !Bytes.same(real.path, path) { return "\(path) is a link" }
      if let key = GitConfig.firstUnknown(bytes) { return "'\(key)' in \(path) may name a program" }
    }
    return nil
  }
}
