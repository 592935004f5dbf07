/// Whether a command only reads, by the table.
extension ShellInspector {
  /// All words are known.
  ///
  /// Raises what is found unless everything in the command is reading.
  mutating func read(_ words: [String], _ command: SimpleCommand) {
    guard let name = trusted(words[0]) else { return }
    let rest = words.dropFirst()
    switch name {
    case "cd": return changeDirectory(rest, command)
    case "echo", "printf": return text(name, rest)
    case "pwd":
      if let odd = rest.first(where: { $0 != "-P" && $0 != "-L" }) { unknown("pwd", odd) }
      return
    case "true", "false", ":": return
    case "exit":
      if rest.count > 1 || rest.first.map({ $0.utf8.contains { $0 < 0x30 || $0 > 0x39 } }) == true {
        unknown(name, rest[1])
      }
      return
    case "test", "[": return test(name, rest)
    case "find":
      let (paths, problem) = FindExpression.read(rest)
      if let problem { unknown(name, problem) }
      for path in paths { read(path) }
      return
    case "sed": return sed(rest)
    case "jq": return jq(rest)
    case "awk", "gawk", "mawk": return awk(rest)
    case "date": return date(rest)
    case "xxd": return xxd(rest)
    case "git": return git(Array(rest))
    case "which": return which(rest)
    case "command": return lookUp(rest)
    default: break
    }
    if let probe = ReaderTable.versions[name], rest.count == 1,
      rest.first == "--version" || rest.first == probe
    {
      return
    }
    if let entry = ReaderTable.reporters[name] {
      let options = OptionReader(rest, entry: entry)
      if let problem = options.problem { return findings.raise(to: .acts, "\(name): \(problem).") }
      return findings.raise(to: .reports, "\(name) tells about the machine.")
    }
    guard var entry = ReaderTable.entry(name) else {
      return findings.raise(to: .acts, "\(name) is not a program that is known to only read.")
    }
    // Names of files, and no pattern.
    if name == "rg", rest.contains("--files") { entry = "paths+ --files" + entry.utf8.dropFirst(9).asText }
    let options = OptionReader(rest, entry: entry)
    if let problem = options.problem { return findings.raise(to: .acts, "\(name): \(problem).") }
    if name == "diff" { return compare(options.paths) }
    for path in options.paths {
      if options.readsTrees { readTree(path) } else { read(path) }
    }
  }

  /// The name of a program whose file is the system's; nil after saying why it is not.
  private mutating func trusted(_ word: String) -> String? {
    if script.functions.contains(Array(word.utf8)) {
      findings.raise(to: .acts, "\(word) is a function of the command.")
      return nil
    }
    if ReaderTable.builtins.contains(word) { return word }
    let name = Paths.name(word)
    guard
      ReaderTable.entry(name) != nil || ReaderTable.special.contains(name)
        || ReaderTable.reporters[name] != nil || ReaderTable.versions[name] != nil
    else {
      findings.raise(to: .acts, "\(word) is not a program that is known to only read.")
      return nil
    }
    let file = word.utf8.contains(Paths.slash) ? word : context.program(word)
    guard let file else {
      findings.raise(to: .acts, "\(word) is not found where programs are looked for.")
      return nil
    }
    let real = context.resolve(file, from: "/")
    // In a relative directory of PATH anybody may put a program of that name.
    guard context.path.allSatisfy({ $0.utf8.first == Paths.slash }), file.utf8.first == Paths.slash,
      CallContext.isSystem(Paths.normal(file)), CallContext.isSystem(real.path),
      real.kind == .file, real.isRootOwned, Bytes.same(Paths.normal(file), file)
    else {
      findings.raise(to: .acts, "\(file) is not a program of the system.")
      return nil
    }
    return name
  }

  /// diff reads all files of a directory, told to go deeper or not, and follows the links in it.
  private mutating func compare(_ paths: [String]) {
    for path in paths {
      readTree(path, followsLinks: true)
    }
  }

  private mutating func unknown(_ name: String, _ word: String) {
    findings.raise(to: .acts, "\(name): '\(word)' is not known to only read.")
  }

  /// Where a program is; a path would tell what is elsewhere.
  private mutating func which(_ rest: ArraySlice<String>) {
    let options = OptionReader(rest, entry: "text -a")
    if let problem = options.problem { return findings.raise(to: .acts, "which: \(problem).") }
    for text in options.texts where text.utf8.contains(Paths.slash) { read(text) }
  }

  /// `command -v NAME` says what a name means to the shell; without `-v` a program is run.
  private mutating func lookUp(_ rest: ArraySlice<String>) {
    guard let first = rest.first, first == "-v" || first == "-V", rest.count > 1 else {
      return unknown("command", rest.first ?? "")
    }
    for name in rest.dropFirst() {
      if name.utf8.first == UInt8(ascii: "-") { return unknown("command", name) }
      if name.utf8.contains(Paths.slash) { read(name) }
    }
  }

  private mutating func changeDirectory(_ rest: ArraySlice<String>, _ command: SimpleCommand) {
    let target = rest.first ?? context.home
    guard rest.count <= 1, target.utf8.first != UInt8(ascii: "-"), !target.isEmpty else {
      isLost = true
      return unknown("cd", rest.first ?? "")
    }
    read(target)
    change(to: target, command)
  }

  /// What echo and printf print is known; only patterns read anything, and those are expanded already.
  private mutating func text(_ name: String, _ rest: ArraySlice<String>) {
    if name == "printf", let first = rest.first, first.utf8.first == UInt8(ascii: "-"), first != "--" {
      unknown(name, first)
    }
  }

  private static let conditions: Set<String> = [
    "-e", "-f", "-d", "-r", "-w", "-x", "-s", "-L", "-h", "-b", "-c", "-p", "-S", "-g", "-u", "-k", "-O",
    "-G", "-N", "-n",
    "-z", "-t", "=", "==", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "!", "(", ")",
    "-a", "-o", "]",
  ]

  private mutating func test(_ name: String, _ rest: ArraySlice<String>) {
    for word in rest where !Self.conditions.contains(word) {
      // `-v 'a[$(command)]'` would run the command.
      if word.utf8.first == UInt8(ascii: "-"), !word.utf8.dropFirst().allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
      {
        unknown(name, word)
      } else if word.utf8.contains(UInt8(ascii: "[")) {
        unknown(name, word)
      } else if !word.isEmpty {
        read(word)
      }
    }
  }

  private mutating func sed(_ rest: ArraySlice<String>) {
    let entry =
      "pattern -n -E -r -s -u -z -e^ -l= --quiet --silent --expression^ --regexp-extended --separate --unbuffered --null-data --posix --sandbox --debug"
    let options = OptionReader(rest, entry: entry)
    if let problem = options.problem { return findings.raise(to: .acts, "sed: \(problem).") }
    let scripts = options.texts
    for script in scripts where !SedScript.isHarmless(script) {
      // The length of -l is a number, and harmless as a script.
      findings.raise(to: .acts, "sed: the script '\(script)' is not known to only print.")
    }
    for path in options.paths { read(path) }
  }

  private mutating func jq(_ rest: ArraySlice<String>) {
    var words: [String] = []
    var paths: [String] = []
    var index = rest.startIndex
    while index < rest.endIndex {
      let word = rest[index]
      index += 1
      switch word {
      case "--arg", "--argjson":
        index += 2
      case "--slurpfile", "--rawfile":
        guard index + 1 < rest.endIndex else { return unknown("jq", word) }
        paths.append(rest[index + 1])
        index += 2
      case "--args", "--jsonargs": return unknown("jq", word)
      default: words.append(word)
      }
    }
    guard index <= rest.endIndex else { return unknown("jq", "--arg") }
    let options = OptionReader(
      words[...],
      entry:
        "pattern -r -c -n -s -S -e -M -C -a -j -R --raw-output --compact-output --null-input --slurp --sort-keys --exit-status --monochrome-output --color-output --ascii-output --join-output --raw-input --tab --indent= --unbuffered --stream --seq"
    )
    if let problem = options.problem { return findings.raise(to: .acts, "jq: \(problem).") }
    for text in options.texts where !JQFilter.isPlain(text) {
      findings.raise(to: .acts, "jq: the filter '\(text)' may read more than its input.")
    }
    for path in options.paths + paths { read(path) }
  }

  /// awk takes options in front of its program alone; what follows are files, or values for variables.
  private mutating func awk(_ rest: ArraySlice<String>) {
    var words = rest
    while let word = words.first, word.utf8.first == UInt8(ascii: "-"), word.utf8.count > 1 {
      words = words.dropFirst()
      if word == "--" { break }
      let letter = word.utf8.dropFirst().first
      guard letter == UInt8(ascii: "F") || letter == UInt8(ascii: "v") else { return unknown("awk", word) }
      if word.utf8.count == 2, words.popFirst() == nil { return unknown("awk", word) }
    }
    guard let program = words.popFirst() else { return unknown("awk", "") }
    guard AwkProgram.onlyPrints(program) else {
      return findings.raise(to: .acts, "awk: the program '\(program)' is not known to only print.")
    }
    for path in words where path != "-" { read(path) }
  }

  private mutating func date(_ rest: ArraySlice<String>) {
    let options = OptionReader(
      rest,
      entry:
        "text -u -R -d= -I? --utc --universal --rfc-email --iso-8601? --rfc-3339= --date= --debug -r@ --reference@"
    )
    if let problem = options.problem { return findings.raise(to: .acts, "date: \(problem).") }
    // Any other operand would set the clock. Values of options stand before operands or look like them.
    for word in rest where word.utf8.first != UInt8(ascii: "-") && word.utf8.first != UInt8(ascii: "+") {
      guard let at = rest.firstIndex(of: word), at > rest.startIndex,
        ["-d", "--date", "-r", "--rfc-3339", "-ud"].contains(rest[at - 1])
      else { return unknown("date", word) }
    }
    for path in options.paths { read(path) }
  }

  private mutating func xxd(_ rest: ArraySlice<String>) {
    var operands: [String] = []
    var index = rest.startIndex
    while index < rest.endIndex {
      let word = rest[index]
      index += 1
      // Behind the file nothing is an option: a second word is a file that is written, whatever it is called.
      guard operands.isEmpty else { return unknown("xxd", word) }
      if word.utf8.first == UInt8(ascii: "-"), word.utf8.count > 1 {
        switch word {
        case "-a", "-b", "-e", "-E", "-i", "-p", "-ps", "-u", "-d": continue
        case "-c", "-g", "-l", "-o", "-s", "-cols", "-len", "-seek":
          index += 1
          continue
        default:
          // Its options are not those of others: `-c5`, but nothing joined.
          let isNumber = word.utf8.count > 2 && word.utf8.dropFirst(2).allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
          guard isNumber, [0x63, 0x67, 0x6C, 0x6F, 0x73].contains(word.utf8.dropFirst().first) else {
            return unknown("xxd", word)
          }
        }
      } else {
        operands.append(word)
      }
    }
    guard index <= rest.endIndex else { return unknown("xxd", rest.last ?? "") }
    for path in operands where path != "-" { read(path) }
  }
}
