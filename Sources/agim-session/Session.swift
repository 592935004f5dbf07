import Console
import Delivery
import Glibc
import JSON
import Journal
import Settings
import Stage
import Store
import System
import Text
import Wire

/// What agim-session does with its arguments.
func session(_ given: Arguments) throws -> ExitCode {
  let verbs = ["list", "show", "set", "search", "new", "archive", "post", "link", "unlink", "links", "goal"]
  guard let verb = given.operands.first else { throw Failure.usage("what to do is missing") }
  guard verbs.contains(verb) else {
    throw Failure.usage(
      "unknown word '\(verb)'", hint: Nearest.match(verb, among: verbs).map { "did you mean \($0)?" })
  }
  // Options may not stand among operands that are text.
  let isText = ["post", "search", "set", "goal"].contains(verb)
  let arguments = try command.reparse(given, after: 1, order: isText ? .beforeOperands : .anywhere)
  let operands = arguments.operands
  let needed =
    [
      "show": 1, "set": 2, "search": 1, "new": 1, "archive": 1, "post": 1, "link": 2, "unlink": 1, "goal": 1,
    ][verb] ?? 0
  guard operands.count >= needed else { throw Failure.usage("\(verb): an operand is missing") }
  if ["show", "new", "archive", "unlink"].contains(verb), operands.count > 1 {
    throw Failure.usage("\(verb) takes one operand, but got '\(operands[1])' too")
  }
  if verb == "link", operands.count > 2 {
    throw Failure.usage("link takes two operands, but got '\(operands[2])' too")
  }
  if verb == "links", let stray = operands.first {
    throw Failure.usage("links takes no operand, but got '\(stray)'")
  }
  if verb == "list", let stray = operands.first {
    throw Failure.usage("list takes no operand, but got '\(stray)'")
  }
  let stage = try Stage("session")
  defer { stage.journal.close() }
  do {
    let store = stage.journal.store
    switch verb {
    case "list":
      for row in try store.sessions(in: arguments.has("all") ? nil : .active, limit: 10_000) {
        stage.output.append(arguments.has("json") ? SessionText.json(row) : SessionText.line(row))
      }
    case "show":
      let row = try find(operands[0], stage)
      stage.output.append(arguments.has("json") ? SessionText.json(row) : SessionText.details(row))
    case "set": try set(try find(operands[0], stage), operands.dropFirst(), stage)
    case "search": try search(operands.joined(separator: " "), json: arguments.has("json"), stage)
    case "new":
      let address = try address(operands[0], stage)
      try stage.journal.store.write {
        try store.beginSession(address, agent: nil, at: stage.journal.clock.now())
      }
    case "archive":
      let row = try find(operands[0], stage)
      guard try store.closeSession(row.n) else {
        throw Failure(.dataError, "session \(row.n) is closed already")
      }
    case "link": try link(try address(operands[0], stage), try address(operands[1], stage), arguments, stage)
    case "unlink": try unlink(operands[0], stage)
    case "links": try links(json: arguments.has("json"), stage)
    case "goal": try SessionGoal.run(arguments, stage)
    default: try post(arguments, stage)
    }
    guard try stage.output.drain(limit: .max / 2) else { return .ioError }
  } catch {
    throw Stage.failure(error)
  }
  return .ok
}

private func find(_ name: String, _ stage: Stage) throws -> SessionRow {
  if let row = try stage.journal.store.session(name) { return row }
  let address = stage.settings.addresses[name] ?? name
  if let row = try stage.journal.store.session(address) { return row }
  throw Failure(
    .noInput, "no session has the number, address or label '\(name)'", hint: "see 'agim-session list --all'")
}

func address(_ text: String, _ stage: Stage) throws -> String {
  let full = stage.settings.addresses[text] ?? text
  guard let address = Address(full) else {
    throw Failure.usage(
      "'\(text)' is not an address",
      hint: Nearest.match(text, among: Array(stage.settings.addresses.keys)).map { "did you mean \($0)?" }
        ?? "see agim-address(7)")
  }
  return address.description
}

private func set(_ row: SessionRow, _ pairs: ArraySlice<String>, _ stage: Stage) throws {
  var label = row.label
  var description = row.description
  var data = (try? JSONReader.parse(row.data))?.object ?? JSONObject()
  for pair in pairs {
    let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty else { throw Failure.usage("'\(pair)' is not KEY=VALUE") }
    guard parts[1].utf8.count <= 4096 else { throw Failure.usage("\(parts[0]): longer than 4096 bytes") }
    let value = parts[1].isEmpty ? nil : parts[1]
    switch parts[0] {
    case "label": label = value
    case "description": description = value
    case "n", "address", "generation", "state", "messages", "created", "used", "agent":
      throw Failure.usage("\(parts[0]) is not yours to set", hint: "label, description, or a key of your own")
    default: data[parts[0]] = value.map { .string($0) }
    }
  }
  var json = JSONWriter()
  json.value(.object(data))
  try stage.journal.store.setSession(
    row.n, label: label, description: description, data: String(decoding: json.bytes, as: UTF8.self))
}

private func search(_ text: String, json: Bool, _ stage: Stage) throws {
  for hit in try stage.journal.store.search(text, limit: 100) {
    if json {
      stage.output.appendLine(hit.line)
    } else {
      let said = (try? JSONReader.parse(hit.line))?["text"]?.string ?? ""
      stage.output.append(Array("\(hit.session)  \(SessionText.oneLine(said))\n".utf8))
    }
  }
}

private func post(_ arguments: Arguments, _ stage: Stage) throws {
  if ProcessTree.isBelowGuardian() {
    throw Failure(.notPermitted, "post: an agent may not speak as a person")
  }
  let address = try address(arguments.operands[0], stage)
  var text = arguments.operands.dropFirst().joined(separator: " ")
  if arguments.operands.count == 1 || arguments.operands.dropFirst() == ["-"] { text = try readText() }
  while text.last?.isNewline == true { text.removeLast() }
  guard !text.isEmpty else {
    throw Failure(.dataError, "no text to post", hint: "give it as operands or on standard input")
  }
  let name = localName(arguments)
  let (id, line) = stage.maker.message(session: address, from: name, name: name, text: text)
  guard line.count <= JSONLimits.line.maxBytes else {
    throw Failure(
      .dataError, "the text does not fit into a line of \(JSONLimits.line.maxBytes) bytes",
      hint: "send it as a file")
  }
  _ = try stage.journal.post(
    Incoming(id: id, type: "message", platform: "inbox", account: "", session: address, line: line))
  stage.output.append(Array("\(id)\n".utf8))
}

/// Who says it: as the option tells, or the user.
func localName(_ arguments: Arguments) -> String {
  arguments.value("from") ?? ProcessGuard.variable("LOGNAME") ?? ProcessGuard.variable("USER") ?? "local"
}

private func readText() throws -> String {
  var bytes: [UInt8] = []
  let input = Descriptor(dup(0))
  while let piece = try input.read(upTo: 65_536, subject: "standard input"), !piece.isEmpty {
    bytes += piece
    guard bytes.count <= JSONLimits.line.maxBytes else {
      throw Failure(
        .dataError, "standard input: longer than \(JSONLimits.line.maxBytes) bytes", hint: "send it as a file"
      )
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}
