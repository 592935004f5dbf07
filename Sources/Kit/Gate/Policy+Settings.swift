package import Policy
package import Settings
internal import System

extension Policy {
  /// The policy of a configuration, for the user that this process runs as.
  ///
  /// Rules that cannot be read deny: nothing runs because of a slip of the pen.
  ///
  /// - Parameters:
  ///   - settings: The configuration.
  ///   - isBroken: Whether the file has changed since into one that cannot be used.
  ///   - home: The directory of agim's own state.
  ///   - files: Tells about files.
  package init(_ settings: Settings, isBroken: Bool, home: Home, files: any FileFacts) {
    let user = ProcessGuard.variable("HOME") ?? "/"
    let rules = isBroken ? PolicyRules.broken : (try? PolicyRules(settings.policy, home: user)) ?? .broken
    // Where the agent itself will look.
    let path = ProcessGuard.variable("PATH").map { $0.split(separator: ":").map(String.init) }
    self.init(rules: rules, home: user, agimHome: home, files: files, path: path ?? Policy.systemPath)
  }
}
