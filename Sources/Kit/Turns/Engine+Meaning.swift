internal import Console
internal import Journal
internal import Memory
internal import Recall
internal import Settings
internal import Stage
internal import Store
internal import System

/// The vector of what a person said, where memories are to be found by meaning too.
///
/// It is made before the turn is given to its driver, by `agim-model embed`. A model that is slow or away keeps no
/// message waiting for long: then only the words count.
extension Engine {
  /// Milliseconds for which a turn waits.
  private static let patience: Int64 = 3000

  /// Adds what stands before the words of a turn, and calls `then`; later where a model is asked first.
  func addPreface(_ turn: Turn, _ driver: any Driver, then: @escaping () -> Void) {
    func go(_ query: Searcher.Query?) {
      turn.addPreface(recalls: driver.recalls, query: query)
      then()
    }
    guard driver.recalls, wantsMeaning(turn) else { return go(nil) }
    do {
      meanings[turn.replyID] = try ModelProgram.run(
        Embedding.arguments, input: Embedding.input([turn.question]), milliseconds: Self.patience,
        limit: Embedding.limit, stage: stage
      ) { [unowned self] result in
        meanings[turn.replyID] = nil
        // It was stopped meanwhile.
        guard !turn.isEnded else { return }
        let query = result.status == .exited(0) && !result.isLate ? Embedding.query(result.output) : nil
        if query == nil { goesByWords(turn, ModelProgram.reason(result)) }
        go(query)
      }
    } catch {
      goesByWords(turn, "\(error)")
      go(nil)
    }
  }

  private func goesByWords(_ turn: Turn, _ reason: String) {
    Log.warning("memories are looked for by words only", [("message", turn.row.id), ("reason", reason)])
  }

  private func wantsMeaning(_ turn: Turn) -> Bool {
    let settings = stage.settings
    guard settings.memory.recalls, settings.memory.usesVectors, settings.model(ModelSettings.embed) != nil,
      Preface.belongs(before: turn.text, of: turn), !Terms.isTrivial(turn.question)
    else { return false }
    return (try? stage.journal.store.hasVectors()) ?? false
  }
}
