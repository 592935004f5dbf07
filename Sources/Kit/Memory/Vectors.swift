/// Vectors of texts, of length 1, and how near two of them are.
package enum Vectors {
  /// Vectors beyond this are refused.
  package static let dimensionLimit = 4096

  /// A vector made as long as 1; nil of one that has no direction, or holds what is no number.
  package static func unit(_ vector: [Float]) -> [Float]? {
    guard !vector.isEmpty, vector.count <= dimensionLimit else { return nil }
    var sum = 0.0
    for value in vector { sum += Double(value) * Double(value) }
    guard sum.isFinite, sum > 1e-20 else { return nil }
    let scale = Float(1 / sum.squareRoot())
    return vector.map { $0 * scale }
  }

  /// The cosine of two vectors of length 1 and of the same dimension.
  package static func cosine(_ one: [Float], _ other: [Float]) -> Float {
    guard one.count == other.count else { return 0 }
    return one.withUnsafeBytes { a in
      other.withUnsafeBytes { b in
        var sums = (SIMD8<Float>.zero, SIMD8<Float>.zero)
        var at = 0
        let end = a.count
        while at + 64 <= end {
          sums.0 +=
            a.loadUnaligned(fromByteOffset: at, as: SIMD8<Float>.self)
            * b.loadUnaligned(fromByteOffset: at, as: SIMD8<Float>.self)
          sums.1 +=
            a.loadUnaligned(fromByteOffset: at + 32, as: SIMD8<Float>.self)
            * b.loadUnaligned(fromByteOffset: at + 32, as: SIMD8<Float>.self)
          at += 64
        }
        var sum = (sums.0 + sums.1).sum()
        while at < end {
          sum +=
            a.loadUnaligned(fromByteOffset: at, as: Float.self)
            * b.loadUnaligned(fromByteOffset: at, as: Float.self)
          at += 4
        }
        return sum
      }
    }
  }

  /// The bytes of a vector, four a number, least significant first.
  package static func bytes(_ vector: [Float]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(vector.count * 4)
    for value in vector {
      let bits = value.bitPattern
      for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
    }
    return bytes
  }

  /// The vector of some bytes; nil where they are none.
  package static func vector(_ bytes: [UInt8]) -> [Float]? {
    guard bytes.count % 4 == 0, !bytes.isEmpty, bytes.count <= dimensionLimit * 4 else { return nil }
    return bytes.withUnsafeBytes { raw in
      stride(from: 0, to: raw.count, by: 4).map {
        Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
      }
    }
  }
}
