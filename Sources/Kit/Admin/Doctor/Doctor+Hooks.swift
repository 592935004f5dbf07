internal import Console
internal import Glibc
internal import Settings
internal import System
internal import Wire

/// The hooks by which programs in terminals ask in a chat.
extension Doctor {
  mutating func examineHooks() {
    guard let settings = try? Settings.load(home, environment: variables) else { return }
    for program in HookedProgram.allCases { examine(program, settings) }
  }

  private mutating func examine(_ program: HookedProgram, _ settings: Settings) {
    guard let path = program.path(variables) else { return }
    let bytes: [UInt8]
    do {
      bytes = try Files.readRegular(path, limit: 4 << 20)
    } catch {
      if error.errno != ENOENT {
        add(.warning, "hooks", "cannot read \(Shown.path(path)): \(error.reason)")
      } else {
        absent(program)
      }
      return
    }
    let file: HookFile
    do {
      file = try HookFile(bytes, of: program, path: path)
    } catch {
      return add(
        .warning, "hooks", error.message, mend: "mend the file: \(program.rawValue) ignores it as it is")
    }
    guard !file.commands.isEmpty else { return absent(program) }
    guard !file.isSwitchedOff else {
      return add(
        .warning, "hooks",
        "\(program.rawValue): the hooks are installed, and \(Shown.path(path)) switches all off",
        mend: "take \"disableAllHooks\" out")
    }
    let faults = fault(file, program, settings)
    for (what, mend) in faults { add(.error, "hooks", "\(program.rawValue): \(what)", mend: mend) }
    if program == .codex, !isTrusted(path) {
      add(
        .warning, "hooks", "codex: the hooks are installed, and codex does not trust them yet",
        mend: "start codex, type /hooks, and trust those of agim-approve: it runs no others")
    } else if faults.isEmpty {
      add(.ok, "hooks", "\(program.rawValue) asks in a chat, by the hooks in \(Shown.path(path))")
    }
  }

  /// Whether Codex has noted that somebody trusts the hooks of a file; whether as they are now, it finds out itself.
  private func isTrusted(_ path: String) -> Bool {
    guard let slash = path.lastIndex(of: "/"),
      let notes = try? Files.readRegular("\(path[..<slash])/config.toml", limit: 4 << 20)
    else { return false }
    let key = Array("\(path):pre_tool_use:".utf8)
    return notes.indices.contains { notes[$0...].starts(with: key) }
  }

  private mutating func absent(_ program: HookedProgram) {
    guard let found = program.programs.lazy.compactMap(find).first else { return }
    add(
      .note, "hooks", "\(Shown.path(found)) has no hooks: in a terminal it asks nobody but who sits there",
      mend: "'agim setup \(program.rawValue) --to ADDRESS' lets it ask in a chat")
  }

  private func fault(_ file: HookFile, _ program: HookedProgram, _ settings: Settings) -> [(String, String)] {
    let again = "'agim setup \(program.rawValue)' writes them anew"
    var faults: [(String, String)] = []
    for (event, command, timeout) in file.commands {
      let words = HookWords.split(command)
      guard let place = words.firstIndex(where: HookWords.isProgram) else { continue }
      if find(words[place]) == nil {
        faults.append(("the hook of \(event) calls \(Shown.path(words[place])), which is not there", again))
      }
      let named = words[..<place].first { $0.hasPrefix("AGIM_HOME=") }?.dropFirst(10)
      if let named, !named.utf8.elementsEqual(home.path.utf8) {
        faults.append(("the hook of \(event) asks the agim in \(Shown.path(String(named)))", again))
      }
      if let at = words.firstIndex(of: "--to"), at + 1 < words.count,
        Address(settings.addresses[words[at + 1]] ?? words[at + 1]) == nil
      {
        faults.append(
          ("the hook of \(event) asks in \(Shown.quoted(words[at + 1])), which is no address any more", again)
        )
      }
      guard let within = words.firstIndex(of: "--within"), within + 1 < words.count,
        let time = DurationText.parse(words[within + 1])
      else { continue }
      if let timeout, timeout < Int(time.components.seconds) + 30 {
        faults.append(
          (
            "the hook of \(event) is ended after \(timeout) s, before the \(words[within + 1]) of a request are over",
            again
          ))
      }
    }
    return faults
  }
}
