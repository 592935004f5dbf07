internal import JSON

/// What goes to `agim-model embed -0`, and what comes back.
package enum Embedding {
  /// The arguments with which it is started.
  package static let arguments = ["embed", "-0"]
  /// How many bytes the answer about one text has at most.
  package static let limit = 1 << 17

  /// Its input: texts, each ended by a zero byte.
  package static func input(_ texts: [String]) -> [UInt8] {
    var input: [UInt8] = []
    for text in texts {
      input += text.utf8.filter { $0 != 0 }
      input.append(0)
    }
    return input
  }

  /// The vectors that it printed, a JSON object a line, in the order of the texts; what is no vector is left out.
  package static func vectors(_ output: [UInt8]) -> [(model: String, vector: [Float])] {
    output.split(separator: 0x0A).compactMap { line in
      guard let object = try? JSONReader.parse(Array(line)), let vector = object["vector"]?.array else {
        return nil
      }
      return (object["model"]?.string ?? "", vector.map { Float($0.double ?? .nan) })
    }
  }

  /// The vector of one question; nil where the answer has none that can be compared.
  package static func query(_ output: [UInt8]) -> Searcher.Query? {
    guard let made = vectors(output).first else { return nil }
    return Searcher.Query(model: made.model, made.vector)
  }
}
