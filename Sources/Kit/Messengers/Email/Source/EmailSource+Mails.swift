internal import Console
internal import Delivery
internal import Journal
internal import Network
internal import Stage
internal import System

/// What becomes of a mail that was read.
extension EmailSource {
  func take(_ bytes: [UInt8], uid: Int, size: Int) throws {
    guard let receiver else { return }
    fetching = nil
    let finding: MailIntake.Finding
    do {
      finding = try intake.read(bytes, place: "\(mailbox) \(place.validity) \(uid)", size: size)
    } catch let error as SystemError {
      // A full disk, most likely: the mail waits on the server.
      Log.warning("a mail's files cannot be kept", [("uid", "\(uid)"), ("reason", "\(error)")])
      session?.close()
      return try lost(MailError(.brokenOff, options.server, "\(error)", isTemporary: true))
    }
    switch finding {
    case .ignored(let from, let why):
      Log.notice("a mail is not listened to", [("uid", "\(uid)"), ("from", from), ("reason", why)])
      try handled(uid)
    case .happened(let event):
      (storing, place.last) = (uid, max(place.last, uid))
      try receiver.accept(event, of: self) { [weak self] _ in self?.stored(uid) }
      save()
    case .heard(let heard):
      guard rates.take(heard.from.id, at: stage.loop.clock.monotonic()) else {
        Log.warning(
          "a mail is not listened to",
          [("uid", "\(uid)"), ("from", heard.from.id), ("reason", "more than per_hour allows")])
        return try handled(uid)
      }
      (storing, place.last) = (uid, max(place.last, uid))
      try receiver.accept(heard, of: self) { [weak self] _ in self?.stored(uid) }
      save()
    }
  }

  /// It is committed: only now the server may be told.
  func stored(_ uid: Int) {
    storing = nil
    if waiting.first == uid { waiting.removeFirst() }
    seen.append(uid)
    stage.loop.after(0) { [weak self] in try self?.next() }
  }
}
