internal import Console
internal import Settings
internal import Wire

/// The chat that a program in a terminal works with: `--to`, else `hook.to` of the configuration.
enum HookAddress {
  /// Refuses what is no address, and that there is none.
  ///
  /// `lack`: what nothing says, where there is none.
  ///
  /// - Throws: `Failure`.
  static func check(_ address: String?, _ settings: Settings, _ program: String, lack: String) throws {
    guard let wanted = address ?? settings.hookTo else {
      throw Failure.usage(
        "setup \(program): nothing says \(lack)",
        hint: "add --to ADDRESS, such as --to telegram:123, or \"hook\": {\"to\": ADDRESS} to config.json")
    }
    guard Address(settings.addresses[wanted] ?? wanted) != nil else {
      throw Failure.usage(
        "\(Shown.quoted(wanted)) is neither an address nor the name of one",
        hint: Nearest.match(wanted, among: settings.addresses.keys.sorted()).map { "did you mean \($0)?" }
          ?? "PLATFORM:CHANNEL, see agim-address(7)")
    }
  }
}
