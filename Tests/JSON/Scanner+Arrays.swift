import JSON

/// The scanner with arrays and strings in place of spans, which the macros of Testing cannot take.
extension LineScanner {
  mutating func scan(bytes: [UInt8], limits: JSONLimits = .line) throws(JSONError) {
    try scan(bytes.span, limits: limits)
  }

  mutating func scan(text: String, limits: JSONLimits = .line) throws(JSONError) {
    try scan(text.utf8.span, limits: limits)
  }

  func find(_ name: StaticString, bytes: [UInt8]) -> Member? { find(name, in: bytes.span) }

  func string(_ member: Member, bytes: [UInt8]) throws(JSONError) -> String {
    try string(member, in: bytes.span)
  }

  func equals(_ member: Member, _ text: StaticString, bytes: [UInt8]) -> Bool {
    equals(member, text, in: bytes.span)
  }
}
