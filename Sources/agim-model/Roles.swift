import Console
import Glibc
import JSON
import Models
import Settings
import System
import Text

/// `agim-model list`: the roles, where their models are, and what they still need; nothing is asked.
func listRoles(asJSON isJSON: Bool) throws -> ExitCode {
  let settings = try Settings.load(Home.locate())
  let output = OutputWriter(fd: 1)
  for role in settings.models {
    let fault = role.fault(for: role.usualCall) ?? secretFault(role, settings) ?? programFault(role)
    let place = role.command?.first ?? role.baseURL.map(ModelAddress.shown) ?? "-"
    let kind = role.command != nil ? "program" : role.api.rawValue
    if isJSON {
      var json = JSONWriter()
      json.beginObject()
      json.member("role", role.name)
      json.member("kind", kind)
      json.member("call", role.usualCall.rawValue)
      json.member("model", role.model.map { JSONValue.string($0) } ?? .null)
      json.member("place", place)
      json.member("key", (role.key?.description).map { JSONValue.string($0) } ?? .null)
      json.member("open", role.key != nil && role.baseURL.map(ModelAddress.isOpen) == true)
      json.member("fault", fault.map { JSONValue.string($0.message) } ?? .null)
      json.member("hint", (fault?.hint).map { JSONValue.string($0) } ?? .null)
      json.endObject()
      json.newline()
      output.append(json.bytes)
    } else {
      let state = fault.map { "\($0)" } ?? "complete"
      let columns = [role.name, kind, role.model ?? "-", place, state]
      output.append(Array((columns.map(displayEscaped).joined(separator: "  ") + "\n").utf8))
    }
  }
  guard try output.drain(limit: .max / 2) else {
    throw Failure(.ioError, "standard output cannot be written")
  }
  return .ok
}

/// Whether its secrets are there, as far as no program has to be started for them.
private func secretFault(_ role: ModelSettings, _ settings: Settings) -> Failure? {
  for secret in [role.key].compactMap({ $0 }) + role.headers.map(\.value) {
    if case .command = secret { continue }
    do {
      _ = try secret.resolve(environment: settings.environment)
    } catch {
      return error as? Failure ?? Failure(.configuration, "\(error)")
    }
  }
  return nil
}

private func programFault(_ role: ModelSettings) -> Failure? {
  guard let program = role.command?.first else { return nil }
  let path = ProcessGuard.smallEnvironment["PATH"] ?? ""
  let places =
    program.utf8.contains(UInt8(ascii: "/"))
    ? [program] : path.split(separator: ":").map { "\($0)/\(program)" }
  guard !places.contains(where: { access($0, X_OK) == 0 }) else { return nil }
  return Failure(
    .configuration, "models.\(role.name): there is no program \(Shown.path(program))",
    hint: "install it, or mend models.\(role.name).command in config.json")
}
