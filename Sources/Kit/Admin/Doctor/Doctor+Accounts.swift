internal import Glibc
internal import Settings
internal import System
internal import Text

/// The accounts on chat platforms.
extension Doctor {
  /// Looks at what the configuration says about an account, by the command that knows its platform; the
  /// platform itself is not asked.
  mutating func examineAccount(_ account: AccountSettings) {
    let name = "account \(Shown.name(account.key))"
    // One that only receives is none of agim-send's; without a store, it would make one.
    guard account.platform != "webhook", access(home.database, F_OK) == 0, let commands = try? Commands(),
      let program = commands.find("send")
    else { return add(.ok, "config", "\(name): this version has its platform") }
    let shell = ["/bin/sh", "-c", "\"$0\" \"$@\" 2>&1 || :", program, "-n", "check", account.key]
    guard
      let output = try? ProgramOutput.run(
        shell, variables, errors: .null, time: .seconds(15), limit: 65_536)
    else {
      return add(
        .warning, "config", "\(name): agim-send does not say whether it is complete",
        mend: "run 'agim-send check \(account.key)' by hand")
    }
    let said = String(decoding: output.prefix { $0 != 0x0A }, as: UTF8.self)
    let mark = "agim-send: "
    guard said.hasPrefix(mark) else {
      return add(.ok, "config", "\(name) is complete; 'agim-send check \(account.key)' asks its platform")
    }
    add(
      .error, "config", displayEscaped(String(said.dropFirst(mark.count))),
      mend: "'agim setup \(account.platform)' asks for what is missing")
  }
}
