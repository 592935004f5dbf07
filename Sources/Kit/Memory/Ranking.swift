/// The order of things that were found.
package enum Ranking {
  /// The places of values, the largest value first; of the same ones, what has the larger number.
  ///
  /// One sorting routine for everything: each further one would be six kilobytes in every agim-run.
  package static func order(_ numbers: [Int64], _ values: [Double]) -> [Int] {
    values.indices.sorted { one, other in
      values[one] != values[other] ? values[one] > values[other] : numbers[one] > numbers[other]
    }
  }
}
