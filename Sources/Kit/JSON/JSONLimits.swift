/// How large an input may be before it is refused unread.
package struct JSONLimits: Equatable, Sendable {
  /// The greatest length accepted, in bytes.
  package var maxBytes: Int

  /// The greatest number of containers inside one another, the outermost included.
  ///
  /// The scanner keeps one bit per level and never goes deeper than 64; the reader is recursive and
  /// never goes deeper than 512. Greater values mean those.
  package var maxDepth: Int

  /// The limits of a line between two commands: 1 MiB and 64 levels.
  package static let line = JSONLimits()

  /// Makes limits; the defaults are those of a line.
  package init(maxBytes: Int = 1 << 20, maxDepth: Int = 64) {
    self.maxBytes = maxBytes
    self.maxDepth = maxDepth
  }
}
