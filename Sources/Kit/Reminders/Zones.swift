package import Console
internal import Glibc
package import Schedule
package import Settings
internal import System

/// The time zones of this machine, and whose is which.
package final class Zones {
  private let settings: Settings
  private var known: [String: Zone] = [:]

  /// Far more than any zone has.
  private static let limit = 256 << 10
  private static let directories = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo"]

  /// Zones for a configuration.
  package init(_ settings: Settings) { self.settings = settings }

  /// The zone of a name, from the machine's compiled files.
  ///
  /// - Throws: `Failure` with status 64 for what is none, 69 where the machine has none.
  package func zone(_ name: String) throws(Failure) -> Zone {
    if let zone = known[name] { return zone }
    guard Zone.isName(name) else {
      throw .usage(
        "'\(name.prefix(80))' is not the name of a time zone", hint: "such as Asia/Shanghai or UTC")
    }
    for directory in Self.directories {
      guard let bytes = try? Files.readRegular("\(directory)/\(name)", limit: Self.limit) else { continue }
      guard let zone = Zone(name: name, file: bytes) else {
        throw .usage("\(directory)/\(name) is not a compiled time zone", hint: "such as Asia/Shanghai or UTC")
      }
      known[name] = zone
      return zone
    }
    if ["UTC", "Etc/UTC", "Etc/GMT", "GMT"].contains(name) { return .utc }
    guard Self.directories.contains(where: { access($0, R_OK) == 0 }) else {
      throw Failure(
        .unavailable, "no time zones: there is no /usr/share/zoneinfo", hint: "install the package tzdata")
    }
    throw .usage("there is no time zone '\(name)'", hint: "such as Asia/Shanghai, Europe/Berlin or UTC")
  }

  /// The zone of a person: that of `zones`, of `zone`, or of the machine.
  ///
  /// - Throws: `Failure`, with status 78 where the configuration names one that there is not.
  package func zone(of person: String?) throws(Failure) -> Zone {
    let own = person.flatMap { settings.zones[$0] }
    guard let name = own ?? settings.zone else { return try local() }
    do {
      return try zone(name)
    } catch {
      let key = own == nil ? "zone" : "zones.\(person ?? "")"
      throw Failure(.configuration, "config.json: \(key): \(error.message)", hint: error.hint)
    }
  }

  /// The zone of the machine: `TZ`, what /etc/localtime leads to, /etc/timezone, or UTC.
  private func local() throws(Failure) -> Zone {
    if var name = settings.variable("TZ") {
      if name.hasPrefix(":") { name.removeFirst() }
      if let zone = try? zone(name) { return zone }
    }
    if let path = realpath("/etc/localtime", nil) {
      defer { free(path) }
      let parts = String(cString: path).split(separator: "/").map(String.init)
      if let place = parts.lastIndex(of: "zoneinfo"), place + 1 < parts.count,
        let zone = try? zone(parts[(place + 1)...].joined(separator: "/"))
      {
        return zone
      }
    }
    if let bytes = try? Files.readRegular("/etc/timezone", limit: 256) {
      let name = String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
      if let zone = try? zone(name) { return zone }
    }
    return .utc
  }
}
