extension JSONWriter {
  /// Writes a member that is a string.
  package mutating func member(_ name: StaticString, _ value: String) {
    self.name(name)
    self.value(value)
  }

  /// Writes a member that is a string, or nothing if it is nil.
  package mutating func member(_ name: StaticString, _ value: String?) {
    if let value { member(name, value) }
  }

  /// Writes a member that is an integer.
  package mutating func member(_ name: StaticString, _ value: Int) {
    self.name(name)
    self.value(value)
  }

  /// Writes a member that is `true` or `false`.
  package mutating func member(_ name: StaticString, _ value: Bool) {
    self.name(name)
    self.value(value)
  }

  /// Writes a member of any kind.
  // Disfavoured because a literal can also be a `JSONValue`.
  @_disfavoredOverload
  package mutating func member(_ name: StaticString, _ value: JSONValue) {
    self.name(name)
    self.value(value)
  }
}
