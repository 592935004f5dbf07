internal import Console
internal import Delivery
internal import JSON
internal import Journal
internal import Network
internal import PushWire
internal import Settings
internal import Stage
internal import System
internal import Text
internal import Wire

/// Answers go to the address that came with the message, as long as that is good; then to the account's own, or
/// they wait for the next message of the person.
extension PushMessenger {
  func answer(
    _ delivery: Delivery, _ rules: ReplyRules, _ report: @escaping (Outcome) throws -> Void
  ) throws {
    let place: String
    do {
      place = try delivery.address().description
    } catch let failure as Failure {
      return try report(.refused(reason: "\(failure)"))
    }
    let mark = delivery.origin?["reply"]?.string
    try stage.untilStored { [self] in
      guard let taken = try handle(place, mark, rules) else {
        return try withoutHandle(delivery, place, rules, report)
      }
      try call(
        delivery, by: rules.service(at: taken.value, like: service),
        hiding: [taken.value] + AddressSecrets.pieces(of: taken.value)
      ) { [self] outcome, error in
        switch outcome {
        case .waits(let reason),
          .refused(let reason) where error?.kind == .redirected:
          Log.info("an address for answers has ended", [("account", account.name), ("reason", reason)])
          try stage.untilStored { [self] in
            try Handles(stage).remove(taken)
            try answer(delivery, rules, report)
          }
        case .postponed where error?.mayHaveArrived != true:
          // A try that surely did not arrive has used nothing.
          try stage.untilStored { [self] in
            try Handles(stage).giveBack(taken)
            try report(outcome)
          }
        default: try report(outcome)
        }
      }
    }
  }

  /// Takes an address that may be posted to: the configuration may have changed since it came.
  private func handle(_ place: String, _ mark: String?, _ rules: ReplyRules) throws -> Handles.Taken? {
    let handles = Handles(stage)
    while let taken = try handles.takeReply(session: place, mark: mark) {
      guard let why = rules.refusal(of: taken.value) else { return taken }
      Log.warning(
        "nothing is posted to an address for answers", [("account", account.name), ("reason", why)])
      try handles.remove(taken)
    }
    return nil
  }

  private func withoutHandle(
    _ delivery: Delivery, _ place: String, _ rules: ReplyRules, _ report: @escaping (Outcome) throws -> Void
  ) throws {
    guard values["url"] == nil else {
      return try call(delivery, by: service) { outcome, _ in try report(outcome) }
    }
    let time = DurationText.format(.milliseconds(rules.expires))
    try report(
      .waits(
        reason: "no address for answers is left, each of which is good for \(rules.uses) within \(time); "
          + "it goes out when \(displayEscaped(place)) posts again"))
  }
}

extension ReplyRules {
  /// The form of their texts.
  var pushForm: PushForm {
    switch form {
    case .plain: .plain
    case .markdown: .commonMark
    case .slack: .slack
    case .discord: .discord
    }
  }

  /// The service at an address for answers.
  func service(at url: String, like service: PushService) -> PushService {
    var made = service
    made.form = pushForm
    made.file = nil
    made.text = { [self] note, _ in PushRequest(url, .json(body(note.text))) }
    made.outcome = { answer in
      switch answer.status {
      // It has ended, was used up, or never was.
      case 300...399, 401, 403, 404, 410: .waits(reason: "HTTP \(answer.status)")
      default: answer.failure() ?? .delivered(proof: "HTTP \(answer.status)")
      }
    }
    return made
  }
}
