/// What agim-route was told on its command line.
package struct RouteOptions: Sendable {
  /// The default agent of this pipe; nil for the configuration's.
  package var standard: String?
  /// The agents of this pipe; nil for those of the configuration.
  package var only: [String]?

  /// Nothing said.
  package init() {}
}
