package import JSON
package import Network
internal import Settings

/// Vectors for some texts, as the endpoint's API has them.
package struct EmbeddingRequest: Sendable {
  private let endpoint: ModelEndpoint
  private let texts: [String]

  /// A request for texts, none of them empty.
  package init(_ endpoint: ModelEndpoint, _ texts: [String]) {
    (self.endpoint, self.texts) = (endpoint, texts)
  }

  /// What the endpoint may say that it does not take.
  package static let possible = ModelAdaptation.withoutEncoding

  /// The body.
  package func body(_ adaptation: ModelAdaptation = []) -> JSONObject {
    var body = JSONObject([
      ("model", .string(endpoint.model)), ("input", .array(texts.map { .string($0) })),
    ])
    // Many do not know the other form, and some have it by default.
    if !adaptation.contains(.withoutEncoding) { body["encoding_format"] = "float" }
    if let dimensions = endpoint.settings.dimensions { body["dimensions"] = .number(JSONNumber(dimensions)) }
    return endpoint.completed(body)
  }

  /// The request.
  package func request(_ adaptation: ModelAdaptation) -> HTTPRequest { endpoint.request(body(adaptation)) }
}

/// The vectors of an answer, in the order of the texts.
package struct EmbeddingAnswer: Equatable, Sendable {
  /// The model that made them, as it says.
  package let model: String?
  /// Each a JSON array of numbers, spelled as they came.
  package let vectors: [JSONValue]
  /// What was used.
  package let usage: ModelUsage

  /// Numbers that a vector may have.
  static let dimensionLimit = 65_536

  /// Reads an answer to a request with so many texts.
  ///
  /// - Throws: `ModelProblem`.
  package init(_ body: [UInt8], count: Int) throws(ModelProblem) {
    let value: JSONValue
    do {
      value = try JSONReader.parse(body, limits: JSONLimits(maxBytes: ModelReader.wholeLimit))
    } catch {
      throw ModelProblem(.garbled, "the answer is no JSON")
    }
    if let problem = ModelProblem(inside: value) { throw problem }
    guard let data = value["data"]?.array else {
      throw ModelProblem(.garbled, "the answer has no \"data\" with vectors")
    }
    guard data.count == count else {
      throw ModelProblem(.garbled, "\(count) vectors were asked for, and \(data.count) came")
    }
    var found = [JSONValue?](repeating: nil, count: count)
    for (position, item) in data.enumerated() {
      let index = item["index"]?.int ?? position
      guard found.indices.contains(index), found[index] == nil else {
        throw ModelProblem(.garbled, "the vectors have numbers that do not fit")
      }
      guard let vector = item["embedding"], Self.isVector(vector) else {
        throw ModelProblem(.garbled, "a vector is no array of numbers")
      }
      found[index] = vector
    }
    vectors = found.compactMap { $0 }
    guard Set(vectors.map { $0.array?.count ?? 0 }).count <= 1 else {
      throw ModelProblem(.garbled, "the vectors have different lengths")
    }
    model = value["model"]?.string
    var usage = ModelUsage()
    usage.take(value["usage"])
    self.usage = usage
  }

  /// Whether a value is an array of numbers that is not empty.
  package static func isVector(_ value: JSONValue) -> Bool {
    guard let numbers = value.array, (1...dimensionLimit).contains(numbers.count) else { return false }
    return numbers.allSatisfy { $0.double != nil }
  }
}

/// Which texts go into which request: so many at a time, and fewer where the endpoint finds them too many.
package struct EmbeddingPlan: Sendable {
  private let sizes: [Int]
  private var most: Int
  /// The first text that has no vector yet.
  package private(set) var next = 0

  /// Bytes of the texts of one request; one that is longer goes alone.
  static let bytes = 256 << 10

  /// A plan for texts of these sizes.
  package init(sizes: [Int], batch: Int) {
    self.sizes = sizes
    most = max(1, batch)
  }

  /// The texts of the next request; nil when all have their vectors.
  package var range: Range<Int>? {
    guard next < sizes.count else { return nil }
    var end = next + 1
    var sum = sizes[next]
    while end < sizes.count, end - next < most, sum + sizes[end] <= Self.bytes {
      sum += sizes[end]
      end += 1
    }
    return next..<end
  }

  /// The texts of the request have their vectors.
  package mutating func succeed() { next = range?.upperBound ?? next }

  /// The request was refused; false where it cannot be made smaller.
  package mutating func halve(_ problem: ModelProblem) -> Bool {
    let isAboutSize = [400, 413, 422].contains(problem.status ?? 0)
    guard isAboutSize, let count = range?.count, count > 1 else { return false }
    most = (count + 1) / 2
    return true
  }
}
