import Policy

/// A small file system in memory, made from tree.txt; programs are in /usr/bin, and root's.
struct MemoryFiles: FileFacts {
  enum Node {
    case file(String, links: Int)
    case directory
    case link(String)
    case pipe
  }

  var nodes: [String: Node] = ["/": .directory, "/usr": .directory, "/usr/bin": .directory]

  static let programs = [
    "cat", "ls", "head", "tail", "wc", "grep", "rg", "find", "sort", "uniq", "cut", "tr", "diff", "cmp",
    "stat", "du",
    "basename", "dirname", "realpath", "readlink", "nl", "od", "sed", "jq", "date", "sha256sum", "md5sum",
    "comm", "tac",
    "base64", "column", "paste", "fold", "seq", "git", "df", "uname", "ps", "id", "whoami", "uptime", "free",
    "hostname",
    "env", "printenv", "rm", "sh", "bash", "python3", "awk", "xxd", "strings", "file", "tree", "curl", "make",
    "npm", "dash", "zsh", "fish", "which", "gcc", "node", "echo", "perl",
  ]

  init(tree: String) {
    for name in Self.programs { nodes["/usr/bin/\(name)"] = .file("", links: 1) }
    nodes["/bin"] = .link("usr/bin")
    for name in ["passwd", "shadow", "hostname"] { nodes["/etc/\(name)"] = .file("", links: 1) }
    for directory in ["/etc", "/dev", "/proc", "/proc/self", "/tmp", "/t"] { nodes[directory] = .directory }
    nodes["/dev/null"] = .pipe
    nodes["/proc/self/root"] = .link("/")
    for line in tree.split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
      let path = "/t/" + parts[1]
      let text = parts.count > 2 ? parts[2] : ""
      switch parts[0] {
      case "d": nodes[path] = .directory
      case "f": nodes[path] = .file(Self.unescaped(text) + "\n", links: 1)
      case "l": nodes[path] = .link(text)
      case "p": nodes[path] = .pipe
      default:
        nodes[path] = .file("", links: 2)
        nodes["/t/" + text] = .file("", links: 2)
      }
    }
  }

  private static func unescaped(_ text: String) -> String {
    var all = ""
    var rest = text[...]
    while let character = rest.popFirst() {
      guard character == "\\", let next = rest.popFirst() else {
        all.append(character)
        continue
      }
      all += next == "n" ? "\n" : "\t"
    }
    return all
  }

  func resolve(_ path: String, from directory: String) -> ResolvedPath {
    var waiting = Array(
      (path.hasPrefix("/") ? path : directory + "/" + path).split(separator: "/").map(String.init).reversed())
    var parts: [String] = []
    var links = 0
    while let part = waiting.popLast() {
      if part == "." { continue }
      if part == ".." {
        _ = parts.popLast()
        continue
      }
      parts.append(part)
      guard case .link(let target)? = nodes["/" + parts.joined(separator: "/")], links < 40 else { continue }
      links += 1
      parts.removeLast()
      if target.hasPrefix("/") { parts = [] }
      waiting += target.split(separator: "/").map(String.init).reversed()
    }
    let whole = "/" + parts.joined(separator: "/")
    switch nodes[whole] {
    case .file(_, let links)?:
      return ResolvedPath(path: whole, kind: .file, links: links, isRootOwned: whole.hasPrefix("/usr/"))
    case .directory?: return ResolvedPath(path: whole, kind: .directory)
    case nil: return ResolvedPath(path: whole, kind: .missing)
    default: return ResolvedPath(path: whole, kind: .other)
    }
  }

  func program(_ name: String, path: [String]) -> String? {
    path.map { "\($0)/\(name)" }.first { nodes[$0] != nil }
  }

  func contents(of path: String, limit: Int) -> [UInt8]? {
    guard case .file(let text, _)? = nodes[path], text.utf8.count <= limit else { return nil }
    return Array(text.utf8)
  }

  func entries(of directory: String, limit: Int) -> [DirectoryEntry]? {
    let head = directory == "/" ? "/" : directory + "/"
    let found = nodes.filter {
      $0.key.hasPrefix(head) && $0.key != "/" && !$0.key.dropFirst(head.count).contains("/")
    }
    guard found.count <= limit else { return nil }
    return found.map { path, node in
      let name = String(path.dropFirst(head.count))
      switch node {
      case .file(_, let links): return DirectoryEntry(name: name, kind: .file, links: links)
      case .directory: return DirectoryEntry(name: name, kind: .directory)
      case .link: return DirectoryEntry(name: name, kind: .link)
      case .pipe: return DirectoryEntry(name: name, kind: .other)
      }
    }
  }
}
