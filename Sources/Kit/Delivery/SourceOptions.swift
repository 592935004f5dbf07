package import Web

/// What the command line says to every source of a chat platform.
package struct SourceOptions {
  /// Milliseconds without a proof of life after which a source gives up, so that a supervisor starts it anew.
  package var deafAfter: Int64 = 15 * 60_000
  /// The server for webhooks; nil where nothing listens.
  package var listen: HTTPServer?
  /// The address under which the world reaches our server, without a slash at its end; nil where none is said.
  package var publicURL: String?

  /// The usual ones.
  package init() {}
}
