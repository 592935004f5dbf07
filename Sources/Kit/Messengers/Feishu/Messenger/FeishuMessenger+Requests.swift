package import Delivery
internal import FeishuWire
internal import Journal
internal import Stage
package import Store
internal import System

/// Requests: cards with buttons, which say how they were settled once they are.
extension FeishuMessenger {
  /// Sends the card of a request.
  func ask(_ card: CardFacts, _ job: SendJob) throws {
    try post(.card(.request(card)), job, remembering: true) { [weak self] error in
      guard let self else { return }
      guard error.isAboutContent else { return try job.end(error.fate) }
      // Without buttons it can still be answered by typing.
      try post(.post(card.text), job, variant: "p")
    }
  }

  package func settle(_ card: CardFacts, posted: PostedRow) throws {
    guard let shown = PostedMessage(json: posted.value) else { return }
    guard rewriting.insert(shown.message).inserted else { return }
    // What is changed while a click is being answered jumps back.
    stage.loop.after(300) { [weak self] in try self?.rewrite(card, shown.message, attempt: 1) }
  }

  private func rewrite(_ card: CardFacts, _ message: String, attempt: Int64) throws {
    guard rewriting.contains(message) else { return }
    try edit(message, .request(card)) { [weak self] error in
      guard let self else { return }
      guard let error, error.isPassing, attempt < 6 else {
        rewriting.remove(message)
        return
      }
      stage.loop.after(error.retryAfter ?? 1000 * attempt) { [weak self] in
        try self?.rewrite(card, message, attempt: attempt + 1)
      }
    }
  }
}

extension FeishuCard {
  /// How many buttons a card has at most; further options can be typed.
  private static let buttonLimit = 40
  /// Bytes of what is asked for.
  private static let matterLimit = 12_000

  /// The card of a request, open or settled.
  static func request(_ facts: CardFacts) -> FeishuCard {
    var elements: [Element] = [.boxed(cut(facts.matter, matterLimit))]
    if !facts.notes.isEmpty {
      elements.append(.plain(cut(facts.notes.joined(separator: "\n"), 3000), .notation))
    }
    if !facts.words.isEmpty { elements.append(.plain(cut(facts.words, 3000), .notation)) }
    if let outcome = facts.outcome {
      elements += [.rule, .plain(outcome)]
    } else {
      let buttons = facts.buttons.prefix(buttonLimit).map { button in
        Button(
          label: button.label.isEmpty ? "?" : button.label, style: style(button.style), token: button.token,
          isDirect: facts.isDirect)
      }
      if !buttons.isEmpty { elements.append(.buttons(Array(buttons))) }
      elements.append(.plain(cut(facts.typed.joined(separator: "\n"), 2000), .notation))
    }
    let tone: Tone =
      switch (facts.outcome, facts.isAllowed) {
      case (nil, _): facts.isQuestion ? .blue : .orange
      case (_, true): .green
      case (_, false): .grey
      }
    return FeishuCard(
      title: cut(facts.title, 1000), tone: tone, elements: elements, summary: cut(facts.title, 200))
  }

  private static func style(_ style: CardFacts.Button.Style) -> Button.Style {
    switch style {
    case .primary: .primary
    case .danger: .danger
    case .plain: .plain
    }
  }

  /// A text of so many bytes at most, and how many are left out.
  private static func cut(_ text: String, _ limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var kept = text[...]
    while kept.utf8.count > limit { kept.removeLast() }
    return "\(kept)… [+\(text.utf8.count - kept.utf8.count)]"
  }
}
