internal import Journal
internal import Recall
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Text

/// `/memo`, as far as it only shows.
extension LocalServices {
  func memos(_ request: ChatRequest, _ words: any Catalogue) throws -> String {
    let parts = request.argument.unicodeScalars.split(maxSplits: 1) { $0.properties.isWhitespace }
      .map { String($0) }
    let rest = parts.count > 1 ? parts[1] : ""
    let store = stage.journal.store
    let memories = Memories(store, clock: stage.journal.clock, secrets: self.stage.settings.plainSecrets)
    let scopes = try memories.scopes(person: request.person)
    switch parts.first?.lowercased() ?? "list" {
    case "list" where rest.isEmpty:
      let memos = try memories.memos(in: scopes, limit: 20)
      return memos.isEmpty ? words.say(.noMemos) : memos.map(Self.line).joined(separator: "\n")
    case "show":
      guard let n = Int64(rest), n > 0 else { break }
      guard let memo = try memories.memo(n, in: scopes) else { return words.say(.noMemo(n)) }
      return Exchange.item(memo).fields.map { displayEscaped("\($0.name): \($0.value)") }
        .joined(separator: "\n")
    case "find" where !rest.isEmpty:
      let found = try Searcher(store).search(rest, in: scopes, limit: 10).compactMap(\.memo)
      return found.isEmpty ? words.say(.nothingFound) : found.map(Self.line).joined(separator: "\n")
    case "here": return words.say(.memoHere)
    default: break
    }
    return words.say(.badArgument(syntax: ChatVerb.memo.syntax))
  }

  private static func line(_ memo: MemoRow) -> String {
    displayEscaped(
      "\(memo.n)  \(memo.created.description.prefix(10))  \(MemoryText.beginning(MemoryText.line(memo), 120))"
    )
  }
}
