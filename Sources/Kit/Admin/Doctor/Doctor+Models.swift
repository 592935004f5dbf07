internal import JSON
internal import Settings
internal import System
internal import Text

/// The roles of language models.
extension Doctor {
  /// Looks at what the configuration says about each role, by the command that knows what they need; no model
  /// is asked.
  mutating func examineModels(_ settings: Settings) {
    guard !settings.models.isEmpty else { return }
    guard let program = try? Commands().find("model"),
      let output = try? ProgramOutput.run(
        [program, "list", "--json"], variables, errors: .null, time: .seconds(15), limit: 1 << 20)
    else {
      return add(
        .warning, "models", "agim-model does not say whether the roles of \"models\" are complete",
        mend: "run 'agim-model list' by hand")
    }
    for line in output.split(separator: 0x0A) {
      guard let value = try? JSONReader.parse(Array(line)), let role = value["role"]?.string else { continue }
      let place = displayEscaped(value["place"]?.string ?? "-")
      if let fault = value["fault"]?.string {
        add(.error, "models", displayEscaped(fault), mend: value["hint"]?.string)
      } else if value["open"]?.bool == true {
        add(
          .warning, "models", "role \(role): its key goes to \(place) without encryption",
          mend: "use https, or a connection that nobody else can listen to")
      } else {
        add(.ok, "models", "role \(role) is complete: \(place)")
      }
    }
  }
}
