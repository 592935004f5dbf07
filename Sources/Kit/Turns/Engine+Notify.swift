internal import Console
internal import JSON
internal import Journal
internal import Limits
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// Turns that took long, failed or wait for a person, told to another address than their own.
extension Engine {
  private static let shownLimit = 300
  /// Endings that the person knows of because it was their word.
  private static let own: Set<String> = ["aborted", "superseded", "denied"]

  /// A turn has ended: whoever is to know elsewhere is told.
  func tellElsewhere(_ turn: Turn, text: String, code: String?) {
    guard let notify = turn.settings.notify, !Self.own.contains(code ?? ""),
      !Ending.refusals.contains(code ?? "")
    else { return }
    let took = stage.loop.clock.monotonic() - turn.began
    guard code != nil || took >= (turn.settings.notifyAfter?.milliseconds ?? .max) else { return }
    let name = turn.settings.name
    let minutes = took / 60_000
    let shown = Self.shortened(text)
    let words: String
    switch (stage.settings.language, code) {
    case (.en, nil): words = "\(name) has finished in \(turn.row.session) after \(minutes) min: \(shown)"
    case (.en, _): words = "\(name) has failed in \(turn.row.session): \(shown)"
    case (.zh, nil): words = "\(name) 在 \(turn.row.session) 的任务已完成，用时 \(minutes) 分钟：\(shown)"
    case (.zh, _): words = "\(name) 在 \(turn.row.session) 的任务失败：\(shown)"
    }
    tell(words, turn, to: notify)
  }

  /// A turn waits for a person: whoever is to know elsewhere is told.
  func tellWaiting(_ turn: Turn, _ matter: String) {
    guard let notify = turn.settings.notify else { return }
    let shown = Self.shortened(matter)
    switch stage.settings.language {
    case .en:
      tell("\(turn.settings.name) waits for an answer in \(turn.row.session): \(shown)", turn, to: notify)
    case .zh: tell("\(turn.settings.name) 在 \(turn.row.session) 等待回答：\(shown)", turn, to: notify)
    }
  }

  private func tell(_ words: String, _ turn: Turn, to name: String) {
    let address = stage.settings.addresses[name] ?? name
    guard address != turn.row.session, address != turn.cause.replyTo else { return }
    var cause = turn.cause
    cause.replyTo = address
    let line = stage.maker.reply(to: cause, text: words, notice: true, agent: turn.settings.name)
    if turn.row.adopted { printer.expectAdopted(line.id) }
    lines.append(
      Produced(
        id: line.id, parent: turn.row.id, type: "reply", final: false, session: turn.row.session,
        line: line.line))
  }

  private static func shortened(_ text: String) -> String {
    let first = text.split(separator: "\n", omittingEmptySubsequences: true).first.map(String.init) ?? ""
    return first.count > shownLimit ? String(first.prefix(shownLimit)) + "…" : first
  }
}
