internal import JSON
internal import Journal
internal import Stage
internal import Store
internal import System
internal import Wire

/// Lines as they come: what is ours, and what passes.
extension Engine {
  func take(_ scanner: LineScanner, _ line: Span<UInt8>) throws {
    guard let type = scanner.find("type", in: line) else { return pass(line) }
    if scanner.equals(type, "message", in: line) {
      if let agent = scanner.find("agent", in: line), agent.kind == .string {
        // The hot path of a filter: most lines are for somebody else, and for the same one.
        if isForeign(agent, line) { return pass(line) }
        let name = try scanner.string(agent, in: line)
        guard drivers[name] != nil else {
          foreign = (agent.valueStart..<agent.valueEnd).map { line[$0] }
          return pass(line)
        }
      } else if defaultAgent == nil {
        return pass(line)
      }
      return try want(scanner, line)
    }
    if scanner.equals(type, "control", in: line) { try control(scanner, line) }
    // What it says does not count; it makes us look into the store.
    if scanner.equals(type, "decision", in: line) { wasDecided = true }
    pass(line)
  }

  /// Whether an agent is spelled as the last one that is not ours.
  func isForeign(_ agent: Member, _ line: Span<UInt8>) -> Bool {
    guard agent.valueEnd - agent.valueStart == foreign.count else { return false }
    for index in foreign.indices where line[agent.valueStart + index] != foreign[index] { return false }
    return true
  }

  func want(_ scanner: LineScanner, _ line: Span<UInt8>) throws {
    do {
      let envelope = try Envelope(scanner, line)
      guard let id = envelope.id else { throw WireError("a message has no \"id\"") }
      guard let session = envelope.session.flatMap(Address.init)?.description else {
        throw WireError("message \(id): \"session\" is not an address")
      }
      _ = try Envelope.text("text", scanner, line)
      guard let agent = envelope.agent ?? defaultAgent else { return pass(line) }
      var bytes = line.withUnsafeBufferPointer { Array($0) }
      if envelope.again {
        // How a line came is no part of what is kept.
        bytes = LineEditor.set([(name: "again", rawValue: nil)], in: line, scanner: scanner)
      }
      wanted.append(Wanted(id: id, type: "message", session: session, agent: agent, line: bytes))
    } catch let error as WireError {
      try input.report("line \(input.lineNumber): \(error); passed on")
      pass(line)
    }
  }

  func control(_ scanner: LineScanner, _ line: Span<UInt8>) throws {
    do {
      let envelope = try Envelope(scanner, line)
      // One that comes again is about a turn that is over, and would end a later one.
      if envelope.action == "abort", !envelope.again, let session = envelope.session {
        for turn in running.values where turn.row.session == session { turn.abort(.aborted) }
      }
      if let parent = envelope.parent { controls.append(parent) }
    } catch {
      try input.report("line \(input.lineNumber): \(error); passed on")
    }
  }

  func pass(_ line: Span<UInt8>) { stage.output.appendLine(line) }
}
