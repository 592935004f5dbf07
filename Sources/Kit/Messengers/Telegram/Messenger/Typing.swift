internal import Stage
internal import System
internal import TelegramWire

/// The sign that somebody is writing: the app shows it for five seconds, so it is repeated while work goes on.
final class Typing {
  private let stage: Stage
  private let outlet: Outlet
  private var busy: [String: (place: Place, last: Int64)] = [:]
  private var timer: EventLoop.Timer?

  private static let period: Int64 = 4500
  /// Work of which nothing is heard for so long is not believed to go on.
  private static let silence: Int64 = 120_000

  init(_ stage: Stage, _ outlet: Outlet) {
    self.stage = stage
    self.outlet = outlet
  }

  private func key(_ place: Place) -> String { "\(place.key):\(place.thread ?? 0)" }

  /// Something goes on in a chat.
  func note(_ place: Place) {
    let key = key(place)
    let isNew = busy[key] == nil
    guard busy.count < 500 || !isNew else { return }
    busy[key] = (place, stage.loop.clock.monotonic())
    if isNew { outlet.act("typing", place) }
    if timer == nil { later() }
  }

  /// What went on has come to its end.
  func end(_ place: Place) {
    busy[key(place)] = nil
    guard busy.isEmpty else { return }
    timer?.cancel()
    timer = nil
  }

  private func later() {
    timer = stage.loop.after(Self.period) { [weak self] in
      guard let self else { return }
      timer = nil
      let now = stage.loop.clock.monotonic()
      busy = busy.filter { now - $0.value.last < Self.silence }
      for (place, _) in busy.values { outlet.act("typing", place) }
      if !busy.isEmpty { later() }
    }
  }
}
