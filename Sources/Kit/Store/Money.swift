/// Amounts of US dollars as the store has them, in millionths.
package enum Money {
  /// A number of dollars with so many decimals, the rest rounded up from a half.
  package static func decimal(_ millionths: Int64, places: Int) -> String {
    var unit: UInt64 = 1
    for _ in places..<6 { unit *= 10 }
    let scale = 1_000_000 / unit
    let rounded = (millionths.magnitude + unit / 2) / unit
    let fraction = "\(rounded % scale)"
    let zeros = String(repeating: "0", count: places - fraction.utf8.count)
    return "\(millionths < 0 ? "-" : "")\(rounded / scale).\(zeros)\(fraction)"
  }

  /// As people write it, `$12.30`; with four decimals where cents do not say it all.
  package static func text(_ millionths: Int64) -> String {
    "$" + decimal(millionths, places: millionths % 10_000 == 0 ? 2 : 4)
  }
}
