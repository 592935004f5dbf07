package import Stage
internal import System
internal import Text

/// Answers what this machine knows: files of a session's work directory, requests and grants, turns.
///
/// Of files it shows what the gate lets an agent read there unasked, and nothing else.
package final class LocalServices: ChatServices {
  unowned let stage: Stage
  var runs: [ObjectIdentifier: ProgramRun] = [:]
  var count = 0

  /// Services of a stage.
  package init(_ stage: Stage) { self.stage = stage }

  package func answer(_ request: ChatRequest, done: @escaping (ChatAnswer) throws -> Void) throws {
    let words = request.language.catalogue
    switch request.verb {
    case .approval: return try done(ChatAnswer(approval(words)))
    case .audit: return try done(ChatAnswer(audit(request.argument, words)))
    case .stats: return try done(ChatAnswer(stats(request.argument, words)))
    case .memo: return try done(ChatAnswer(memos(request, words)))
    default: break
    }
    guard let rules = ReadingRules(request, stage) else {
      return try done(ChatAnswer(words.say(.noDirectory(displayEscaped(request.workdir ?? "-")))))
    }
    switch request.verb {
    case .ls: try done(ChatAnswer(list(request.argument, rules, words)))
    case .get: try done(get(request.argument, rules, words))
    default: try diff(request.argument, rules, words) { try done(ChatAnswer($0)) }
    }
  }

  package func cancel() { for run in runs.values { run.kill() } }
}
