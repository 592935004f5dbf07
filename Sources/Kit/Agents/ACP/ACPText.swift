/// The words of an agent in one turn: what it says before and after its tools, apart from each other.
struct ACPText {
  private(set) var text = ""
  private var isBroken = false
  private var message: String?
  private var dropped = 0
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// The words that come next begin a paragraph of their own.
  mutating func endPart() { if !text.isEmpty { isBroken = true } }

  /// Adds a piece; `id` is that of the message that it belongs to, where the agent tells one.
  mutating func add(_ piece: String, of id: String?) {
    if let id, let message, id != message { endPart() }
    if let id { message = id }
    var piece = Substring(piece)
    if isBroken || text.isEmpty {
      // Some agents put the paragraph there themselves.
      piece = piece.drop { $0.isNewline }
      guard !piece.isEmpty else { return }
    }
    if isBroken {
      while text.last?.isNewline == true { text.removeLast() }
      text += "\n\n"
      isBroken = false
    }
    let room = limit - text.utf8.count
    guard piece.utf8.count > room else {
      text += piece
      return
    }
    dropped += piece.utf8.count - max(0, room)
    var count = 0
    for character in piece {
      count += character.utf8.count
      guard count <= room else { return }
      text.append(character)
    }
  }

  /// The whole, and what is missing of it.
  var whole: String {
    var whole = text
    while whole.last?.isWhitespace == true { whole.removeLast() }
    guard dropped > 0 else { return whole }
    return "\(whole)\n\n[… \(dropped) bytes more than the limit of \(limit) were left out]"
  }
}
