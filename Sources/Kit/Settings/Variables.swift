internal import Console

/// The environment and the `env` file.
struct Variables {
  let environment: [String: String]
  let file: [String: String]

  /// The environment first; a variable that is empty counts as not set.
  var merged: [String: String] {
    environment.filter { !$0.value.isEmpty }.merging(file.filter { !$0.value.isEmpty }) { first, _ in first }
  }

  /// `AGIM_LANGUAGE` in the environment, the configuration, `AGIM_LANGUAGE` in the file, the locale.
  func language(_ configured: String?) throws -> Language {
    if let text = variable("AGIM_LANGUAGE", over: configured) {
      guard let language = Language(rawValue: text) else {
        let allowed = Language.allCases.map(\.rawValue).joined(separator: " or ")
        throw Failure(.configuration, "AGIM_LANGUAGE: expected \(allowed), found \(Shown.quoted(text))")
      }
      return language
    }
    let all = merged
    return Language.of(locale: all["LC_ALL"] ?? all["LC_MESSAGES"] ?? all["LANG"] ?? "")
  }

  /// `AGIM_DEFAULT_AGENT` in the environment, the configuration, `AGIM_DEFAULT_AGENT` in the file.
  func defaultAgent(_ configured: String?) throws -> String? {
    guard let name = variable("AGIM_DEFAULT_AGENT", over: configured) else { return nil }
    guard Names.isAgent(name) else {
      throw Failure(
        .configuration, "AGIM_DEFAULT_AGENT: expected \(NameRule.agent.words), found \(Shown.quoted(name))")
    }
    return name
  }

  private func variable(_ name: String, over configured: String?) -> String? {
    if let value = environment[name], !value.isEmpty { return value }
    if let configured { return configured }
    return file[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
