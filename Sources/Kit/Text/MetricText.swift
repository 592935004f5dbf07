/// Measurements in the text format of Prometheus, version 0.0.4.
package struct MetricFamily: Sendable {
  /// What kind of number it is.
  package enum Kind: String, Sendable { case gauge, counter }

  /// The name: `agim_inbox_messages`.
  package let name: String
  /// What it says, in a sentence.
  package let help: String
  /// What kind of number it is.
  package let kind: Kind
  /// The values as they are written, each with what tells it from the others.
  package var samples: [(labels: [(String, String)], value: String)] = []

  /// A family, with whole numbers as its values.
  package init(
    _ name: String, _ help: String, _ kind: Kind = .gauge,
    _ samples: [(labels: [(String, String)], value: Int64)] = []
  ) {
    (self.name, self.help, self.kind) = (name, help, kind)
    self.samples = samples.map { ($0.labels, String($0.value)) }
  }

  /// Adds a whole number.
  package mutating func add(_ labels: [(String, String)], _ value: Int64) {
    samples.append((labels, String(value)))
  }

  /// Its lines.
  package var text: String {
    var text = "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    for sample in samples {
      let labels = sample.labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
      text += name + (labels.isEmpty ? "" : "{\(labels)}") + " \(sample.value)\n"
    }
    return text
  }

  /// Label values may hold anything, with three characters escaped.
  private static func escaped(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
