import Console
import Glibc
import Journal
import Settings
import Stage
import Store
import System

/// What agim-queue does with its arguments.
func queue(_ arguments: Arguments) throws -> ExitCode {
  let verbs = ["list", "show", "retry", "drop", "flush", "backup", "check"]
  guard let verb = arguments.operands.first else { throw Failure.usage("what to do is missing") }
  guard verbs.contains(verb) else {
    throw Failure.usage(
      "unknown word '\(verb)'", hint: Nearest.match(verb, among: verbs).map { "did you mean \($0)?" })
  }
  let operands = Array(arguments.operands.dropFirst())
  if ["show", "backup"].contains(verb), operands.count != 1 {
    throw Failure.usage(
      "\(verb) takes one operand", hint: verb == "show" ? "an id" : "a file that does not exist")
  }
  if ["retry", "drop"].contains(verb), operands.isEmpty { throw Failure.usage("\(verb): no id") }
  if ["list", "flush", "check"].contains(verb), !operands.isEmpty {
    throw Failure.usage("\(verb) takes no operand, but got '\(operands[0])'")
  }
  if verb == "flush" { return try flush() }
  let stage = try Stage("queue")
  defer { stage.journal.close() }
  do {
    switch verb {
    case "list": try list(arguments, stage)
    case "show": return try show(operands[0], json: arguments.has("json"), stage)
    case "retry":
      return try change(operands, stage, dryRun: arguments.has("dry-run")) { try stage.journal.retry($0) }
    case "drop":
      return try change(operands, stage, dryRun: arguments.has("dry-run")) {
        try stage.journal.drop($0) { TurnRecord($0, code: "dropped") }
      }
    case "backup": try backup(operands[0], stage)
    default: return try check(json: arguments.has("json"), stage)
    }
    guard try stage.output.drain(limit: .max / 2) else { return .ioError }
  } catch {
    throw Stage.failure(error)
  }
  return .ok
}

private func list(_ arguments: Arguments, _ stage: Stage) throws {
  let store = stage.journal.store
  let both = arguments.has("inbox") == arguments.has("outbox")
  let json = arguments.has("json")
  let all = arguments.has("all")
  if both || arguments.has("inbox") {
    var after: Int64 = 0
    while case let rows = try store.inbox(after: after), let last = rows.last {
      after = last.n
      for row in rows where all || !row.state.isFinished {
        stage.output.append(json ? RowText.json(row) : RowText.line(row))
        if stage.output.pending > 1 << 16 { _ = try stage.output.drain(limit: .max / 2) }
      }
    }
  }
  if both || arguments.has("outbox") {
    var after: Int64 = 0
    while case let rows = try store.outbox(after: after), let last = rows.last {
      after = last.n
      for row in rows where all || !row.state.isFinished {
        stage.output.append(json ? RowText.json(row) : RowText.line(row))
        if stage.output.pending > 1 << 16 { _ = try stage.output.drain(limit: .max / 2) }
      }
    }
  }
}

private func show(_ id: String, json: Bool, _ stage: Stage) throws -> ExitCode {
  let store = stage.journal.store
  var found = false
  if let row = try store.inbox(id: id) {
    found = true
    stage.output.append(
      json ? RowText.json(row) : RowText.details(row, isDead: stage.journal.isDead(row.holder)))
    for reply in try store.outbox(answering: id) {
      stage.output.append(
        json ? RowText.json(reply) : RowText.details(reply, isDead: stage.journal.isDead(reply.holder)))
    }
  }
  for row in try store.outbox(id: id) {
    found = true
    stage.output.append(
      json ? RowText.json(row) : RowText.details(row, isDead: stage.journal.isDead(row.holder)))
  }
  _ = try stage.output.drain(limit: .max / 2)
  guard found else {
    throw Failure(.noInput, "no message or reply has the id '\(id)'", hint: "see 'agim-queue list --all'")
  }
  return .ok
}

private func change(
  _ ids: [String], _ stage: Stage, dryRun: Bool, _ act: (String) throws -> Journal.Change
) throws -> ExitCode {
  var code = ExitCode.ok
  for id in ids {
    if dryRun {
      let state =
        try stage.journal.store.inbox(id: id)?.state.rawValue
        ?? stage.journal.store.outbox(id: id).first?.state.rawValue
      stage.output.append(Array("\(id): \(state ?? "unknown")\n".utf8))
      continue
    }
    switch try act(id) {
    case .done: break
    case .unknown:
      Log.failure(Failure(.noInput, "no message or reply has the id '\(id)'"))
      code = .noInput
    case .impossible(let why):
      Log.failure(Failure(.dataError, "\(id): \(why)"))
      code = .dataError
    }
  }
  _ = try stage.output.drain(limit: .max / 2)
  return code
}

private func backup(_ path: String, _ stage: Stage) throws {
  // Made by us, for us alone, and never over something that is there.
  do {
    _ = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL)
  } catch {
    throw Failure(.cannotCreate, "\(path): \(error.reason)", hint: "name a file that does not exist yet")
  }
  do {
    try stage.journal.store.backup(to: path)
  } catch {
    unlink(path)
    throw error
  }
}

private func check(json: Bool, _ stage: Stage) throws -> ExitCode {
  Holder.sweep(stage.home.run)
  let problems = try stage.journal.problems()
  for problem in problems {
    stage.output.append(Array((json ? RowText.json(problem: problem) : problem + "\n").utf8))
  }
  _ = try stage.output.drain(limit: .max / 2)
  return problems.isEmpty ? .ok : .dataError
}

/// Delivering is agim-send's: the program beside this one is started in our place.
private func flush() throws -> ExitCode {
  let sender = (CommandLine.arguments.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
    .dropLast()
    .joined(separator: "/")
  let path = sender.isEmpty ? "agim-send" : "\(sender)/agim-send"
  let child = try Child([path, "--flush"], environment: ProcessGuard.environment, output: .share(1))
  let status = child.wait()
  guard case .exited(0) = status else {
    if case .exited(75) = status { return .temporary }
    throw Failure(.unavailable, "agim-send --flush: \(status)")
  }
  return .ok
}
