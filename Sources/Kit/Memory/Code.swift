/// A vector of length 1 in a byte a number, with a bound of what that leaves out.
///
/// A quarter of the bytes is a quarter of the reading. The search stays exact: what could be among the nearest,
/// given both bounds, is compared once more by the vectors themselves.
package struct VectorCode: Equatable, Sendable {
  /// What a step of a number stands for.
  package let scale: Float
  /// The length of what is left out.
  package let error: Float
  /// The numbers.
  package let numbers: [Int8]

  /// The code of a vector of length 1.
  package init(_ vector: [Float]) {
    let largest = vector.reduce(Float(0)) { max($0, abs($1)) }
    let step = largest > 0 ? largest / 127 : 1
    var left = 0.0
    numbers = vector.map { value in
      let number = Int8(max(-127, min(127, (value / step).rounded())))
      let rest = Double(value) - Double(step) * Double(number)
      left += rest * rest
      return number
    }
    scale = step
    // A little more than it is, so that rounding cannot make it too small.
    error = Float(left.squareRoot()) * 1.0001 + 1e-6
  }

  /// Its bytes: the scale, the error, the numbers.
  package var bytes: [UInt8] {
    Vectors.bytes([scale, error]) + numbers.map { UInt8(bitPattern: $0) }
  }

  /// The cosine with a code in its bytes, and how far it may be from the vectors' own; nil where the dimensions
  /// differ.
  package func cosine(with other: UnsafeRawBufferPointer) -> (value: Float, bound: Float)? {
    guard other.count == numbers.count + 8 else { return nil }
    let scale = Self.float(other, 0)
    let error = Self.float(other, 4)
    let product = numbers.withUnsafeBytes { Self.product($0, UnsafeRawBufferPointer(rebasing: other[8...])) }
    return (Float(product) * scale * self.scale, error + self.error * (1 + error) + 1e-5)
  }

  private static func float(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Float {
    Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
  }

  /// The sum of the products of two rows of numbers.
  ///
  /// Written so that the compiler makes vector instructions of it; twice as fast as by SIMD types.
  private static func product(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int32 {
    let count = min(a.count, b.count)
    guard let one = a.baseAddress?.assumingMemoryBound(to: Int8.self),
      let two = b.baseAddress?.assumingMemoryBound(to: Int8.self)
    else { return 0 }
    var sum: Int32 = 0
    // 127 times 127 fits into 16 bits, and 4096 of them into 32.
    for at in 0..<count { sum &+= Int32(Int16(one[at]) &* Int16(two[at])) }
    return sum
  }
}
