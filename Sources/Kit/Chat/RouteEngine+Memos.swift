internal import Console
internal import JSON
internal import Journal
internal import Recall
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Text
internal import Wire

/// Memos that are made in chats, and codes that make two accounts one person.
extension RouteEngine {
  /// Makes a memo of a person's words, in the transaction that answers them.
  func keep(_ text: String, _ message: RouteLine, _ language: Language, _ line: Span<UInt8>) throws -> Bool {
    let words = language.catalogue
    let memories = Memories(
      stage.journal.store, clock: stage.journal.clock, secrets: self.stage.settings.plainSecrets)
    return try answer(message, line) {
      do {
        let memo = try memories.add(text, person: message.person.name) { memo in
          (memo.source, memo.session) = (message.id, message.session.name)
        }
        return words.say(.memoKept(memo.n))
      } catch let refusal as Memories.Refusal {
        return words.say(.memoRefused(displayEscaped(refusal.description)))
      }
    }
  }

  /// Takes a code that was typed.
  func link(_ code: String, _ message: RouteLine, _ language: Language, _ line: Span<UInt8>) throws -> Bool {
    let words = language.catalogue
    let isDirect = Speaker(line.withUnsafeBufferPointer { Array($0) }).isDirect
    return try answer(message, line) {
      // In a group somebody else could type it; what was posted or recorded vouches for nobody.
      guard isDirect, message.person.origin != .posted, !message.person.id.isEmpty else {
        return words.say(.linkDirectly)
      }
      let me = message.person.name
      let result = try stage.journal.store.typeLinkCode(
        code, in: message.session.name, by: me, at: stage.journal.clock.now())
      switch result {
      case .unknown: return words.say(.linkUnknown)
      case .waits(let session): return words.say(.linkWaits(displayEscaped(session)))
      case .linked(let one, let other): return words.say(.linked(displayEscaped(one == me ? other : one)))
      }
    }
  }

  /// Keeps the places of a message as memos, each once however often its line comes.
  func keepPlaces(_ message: RouteLine, _ scanner: LineScanner, _ line: Span<UInt8>) throws {
    guard message.origin.map({ $0.state == .new }) ?? true,
      let member = scanner.find("attachments", in: line)
    else { return }
    let bytes = line.extracting(member.valueStart..<member.valueEnd).withUnsafeBufferPointer { Array($0) }
    guard let all = (try? JSONReader.parse(bytes))?.array else { return }
    let store = stage.journal.store
    let memories = Memories(store, clock: stage.journal.clock, secrets: self.stage.settings.plainSecrets)
    for (index, one) in all.enumerated() where one["kind"]?.string == "location" {
      guard let lat = one["lat"]?.double, let lon = one["lon"]?.double else { continue }
      let source = "\(message.id)#\(index + 1)"
      let name = one["name"]?.string.flatMap { $0.isEmpty ? nil : $0 }
      _ = try stage.attempt {
        guard try !store.hasMemo(from: source) else { return }
        do {
          _ = try memories.add(
            name ?? "\(MemoryText.degrees(lat)), \(MemoryText.degrees(lon))", person: message.person.name
          ) { memo in
            (memo.lat, memo.lon, memo.whereText) = (lat, lon, name)
            (memo.source, memo.session) = (source, message.session.name)
          }
        } catch let refusal as Memories.Refusal {
          Log.warning("a place is not kept: \(refusal)", [("message", message.id)])
        }
      }
    }
  }
}
