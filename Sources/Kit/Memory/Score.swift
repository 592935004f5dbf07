/// How much something speaks for being recalled: the sum of four parts, each from 0 to 1 with its weight.
package struct Score: Equatable, Sendable {
  /// How near it is to what was asked.
  package var similarity: Double
  /// How new it is.
  package var recency: Double
  /// How often it was recalled.
  package var frequency: Double
  /// Whether it belongs to the project that is worked on.
  package var project: Double
  /// Whether what was asked stands in it as it is.
  package var isExact: Bool

  /// Whether something belongs to the project that is worked on.
  package enum Nearness: Sendable {
    /// The same project.
    case same
    /// No project: it holds everywhere.
    case none
    /// Another project.
    case other
  }

  /// The weights, the floor and the counts; fixed, so that what is explained can be compared.
  package enum Rule {
    package static let similarity = 0.40
    package static let recency = 0.25
    package static let frequency = 0.15
    package static let project = 0.20
    /// What has less is not recalled.
    package static let floor = 0.4
    /// So many are recalled.
    package static let count = 3
    /// So many are where each has at least `good`.
    package static let most = 5
    /// What each needs where there are more than `count`.
    package static let good = 0.6
    /// What a question that stands in a text word for word adds.
    package static let exact = 100.0
    /// What shares less than this with the question has nothing to do with it, however new it is.
    package static let related = 0.2
    /// After how many days something is half as new.
    package static let halfLife = 14.0
    package static let durableHalfLife = 90.0
  }

  /// A score of its parts.
  ///
  /// `similarity`: From 0 to 1.
  /// `age`: In milliseconds; a negative one, of a clock that jumped, counts as none.
  /// `isDurable`: Whether it stays true for long.
  /// `recalls`: How often it was recalled before.
  package init(
    similarity: Double, age: Int64, isDurable: Bool, recalls: Int64, project: Nearness, isExact: Bool
  ) {
    self.similarity = min(max(similarity, 0), 1)
    let days = Double(max(age, 0)) / 86_400_000
    recency = Self.half(days / (isDurable ? Rule.durableHalfLife : Rule.halfLife))
    frequency = min(1, Self.log2(1 + Double(max(recalls, 0))) / 5)
    self.project =
      switch project {
      case .same: 1
      case .none: 0.3
      case .other: 0.1
      }
    self.isExact = isExact
  }

  /// The sum.
  package var total: Double {
    Rule.similarity * similarity + Rule.recency * recency + Rule.frequency * frequency
      + Rule.project * project + (isExact ? Rule.exact : 0)
  }

  /// Whether it may be recalled at all.
  package var isEnough: Bool { isExact || similarity >= Rule.related && total >= Rule.floor }

  /// How many of the best totals, in falling order, are recalled.
  package static func count(of totals: [Double]) -> Int {
    let enough = totals.prefix { $0 >= Rule.floor }.count
    if enough > Rule.count, totals.prefix(min(enough, Rule.most)).allSatisfy({ $0 >= Rule.good }) {
      return min(enough, Rule.most)
    }
    return min(enough, Rule.count)
  }

  /// 2 to the power of `-x`, for `x` from 0 on.
  private static func half(_ x: Double) -> Double {
    guard x < 60 else { return 0 }
    let whole = x.rounded(.down)
    // e to the power of -f ln 2 as its series; f is below 1.
    let f = (x - whole) * 0.693_147_180_559_945_3
    var term = 1.0
    var sum = 1.0
    for n in 1...12 {
      term *= -f / Double(n)
      sum += term
    }
    return sum / Double(sign: .plus, exponent: Int(whole), significand: 1)
  }

  /// The logarithm to the base 2 of a number from 1 on.
  package static func log2(_ x: Double) -> Double {
    guard x > 0, x.isFinite else { return 0 }
    let m = x.significand
    // The series of artanh for ln m; m is between 1 and 2.
    let z = (m - 1) / (m + 1)
    var power = z
    var sum = 0.0
    for n in stride(from: 1, through: 21, by: 2) {
      sum += power / Double(n)
      power *= z * z
    }
    return Double(x.exponent) + 2 * sum / 0.693_147_180_559_945_3
  }
}
