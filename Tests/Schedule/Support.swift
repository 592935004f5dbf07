import System

@testable import Schedule

/// Zones as the machine has them; the tests know what they say.
func zone(_ name: String) throws -> Zone {
  let bytes = try Files.readRegular("/usr/share/zoneinfo/\(name)", limit: 1 << 20)
  guard let zone = Zone(name: name, file: bytes) else { throw NoZone(name: name) }
  return zone
}

struct NoZone: Error { let name: String }

func moment(_ text: String) throws -> Timestamp {
  guard let moment = Timestamp(rfc3339: text) else { throw NoZone(name: text) }
  return moment
}
