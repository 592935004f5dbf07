/// Which grammar the reader accepts.
package enum JSONDialect: Equatable, Sendable {
  /// RFC 8259 and nothing else: for everything that comes from another program.
  case strict

  /// RFC 8259 plus `//` and `/* */` comments and one trailing comma in a container.
  ///
  /// For files that people write. Comments are not nested.
  case relaxed
}
