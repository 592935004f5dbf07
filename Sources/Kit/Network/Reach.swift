/// Which machines a client may talk to.
package enum Reach: Equatable, Sendable {
  /// All of them.
  case anywhere
  /// Those of the public network, and the hosts with these names (lower case) wherever they are.
  ///
  /// What is checked is the very address that is connected to, so that it does not matter what a name
  /// server says next. Redirects are not followed. Proxies are used for the allowed hosts alone, because
  /// a proxy looks names up itself. Where a cloud's machine finds credentials is never reached.
  case publicOnly(allowedNames: Set<String>)

  /// Whether the proxies of the environment may be used for a host.
  func mayUseProxy(for host: String) -> Bool {
    switch self {
    case .anywhere: true
    case .publicOnly(let names): names.contains(host)
    }
  }

  /// Why a host is not talked to whatever its address is; nil when the address decides.
  func refusal(of host: String) -> String? {
    guard case .publicOnly(let names) = self else { return nil }
    var name = host[...]
    while name.last == "." { name.removeLast() }
    // Said here as well, because a proxy would look at no address.
    if Self.metadataNames.contains(String(name)) || NetworkAddress(String(name))?.isMetadata == true {
      return "\(name) holds the credentials of a cloud's machine"
    }
    guard !names.contains(host), NetworkAddress(String(name)) == nil else { return nil }
    let local = ["localhost", "local", "internal", "home.arpa"]
    let isLocal = local.contains { name == $0 || name.hasSuffix(".\($0)") }
    guard isLocal || !name.utf8.contains(UInt8(ascii: ".")) else { return nil }
    return "\(name) is a name of the local network"
  }

  private static let metadataNames: Set<String> = [
    "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal",
  ]

  /// Why an address is not connected to for a host; nil when it may be.
  func refusal(of address: NetworkAddress?, for host: String) -> String? {
    guard case .publicOnly(let names) = self else { return nil }
    guard let address else { return "its address is of no known kind" }
    if address.isMetadata { return "\(address) holds the credentials of a cloud's machine" }
    return names.contains(host) || address.isPublic ? nil : "\(address) is not a public address"
  }
}
