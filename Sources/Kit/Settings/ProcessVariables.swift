internal import System

/// The environment of this process.
package enum ProcessVariables {
  /// Every variable that is not empty; of a name given twice the first counts, as in getenv(3).
  package static func all() -> [String: String] {
    var variables: [String: String] = [:]
    for entry in ProcessGuard.environment {
      guard let sign = entry.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = String(entry[..<sign])
      let value = String(entry[entry.utf8.index(after: sign)...])
      if !value.isEmpty, variables[name] == nil { variables[name] = value }
    }
    return variables
  }

  /// Those of these names that are set and not empty.
  package static func some(_ names: [String]) -> [String: String] {
    var variables: [String: String] = [:]
    for name in names { variables[name] = ProcessGuard.variable(name) }
    return variables
  }
}
