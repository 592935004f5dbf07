/// A scrubber that is made with the first text: gathering what is secret takes a moment, and who keeps one mostly only
/// reads.
package final class LazyScrubber {
  private let secrets: () -> [String]
  private lazy var scrubber = Scrubber(exact: secrets())

  /// A scrubber that knows these secrets; they are asked for once, or never.
  package init(_ secrets: @escaping () -> [String]) { self.secrets = secrets }

  /// A text without its secrets.
  package func scrub(_ text: String) -> String { scrubber.scrub(text).text }
}
