import Console
import Delivery
import PushWire
import Settings
import Wire

/// Finds out what is meant by the targets of a command line.
struct AdHocTargets {
  let settings: Settings

  init(_ settings: Settings) { self.settings = settings }

  /// The targets, each once.
  ///
  /// - Throws: `Failure` with status 64 or 78.
  func targets(_ wish: AdHoc.Wish) throws -> [Target] {
    var found: [Target] = []
    for word in wish.targets {
      for target in try targets(word, to: wish.to) where !found.contains(target) { found.append(target) }
    }
    return found
  }

  private func targets(_ word: String, to places: [String]) throws -> [Target] {
    if settings.addresses[word] == nil, let (platform, account) = platform(word) {
      if places.isEmpty { return [try standard(platform, account, word)] }
      return try places.map { .address(try address($0, platform.facts.name, account, word)) }
    }
    guard places.isEmpty else {
      throw Failure.usage(
        "--to goes with a platform, and '\(word)' is none",
        hint: "agim-send telegram --to 123, or a whole address such as telegram:123")
    }
    return [try Target(word, settings: settings)]
  }

  /// The platform and account that a word such as `telegram` or `telegram@ops` means.
  func platform(_ word: String) -> (Platform, account: String)? {
    // As the head of an address, so that there is one grammar for both.
    guard let address = Address("\(word):x"), address.thread == nil,
      let platform = allPlatforms.first(where: { $0.facts.isCalled(address.platform) })
    else { return nil }
    return (platform, address.account)
  }

  /// Where an account sends to when nothing else is said.
  private func standard(_ platform: Platform, _ account: String, _ word: String) throws -> Target {
    let known = try Account(platform.facts, account: account, settings: settings)
    if let to = try known.text("to") { return .address(try address(to, platform.facts.name, account, word)) }
    if let service = PushService.of(platform.facts.name), !service.hasChannels,
      !service.isShared || known.isGiven(PushService.robotKey)
    {
      let channel = service.isShared ? PushService.robotKey : "default"
      return .address(Address(platform: platform.facts.name, account: account, channel: channel))
    }
    throw Failure(
      .configuration, "nothing says where on \(word) to send to",
      hint: "say --to, or write \"to\" into account \"\(known.name)\" of config.json")
  }

  /// A chat on a platform: a name from `addresses`, a whole address, or what the platform calls the chat.
  private func address(_ place: String, _ platform: String, _ account: String, _ word: String) throws
    -> Address
  {
    let named = settings.addresses[place]
    if let named = named ?? (Address(place) != nil ? place : nil), let whole = Address(named),
      allPlatforms.contains(where: { $0.facts.isCalled(whole.platform) })
    {
      let isSame = allPlatforms.contains { $0.facts.name == platform && $0.facts.isCalled(whole.platform) }
      guard isSame, account.isEmpty || whole.account == account else {
        throw Failure.usage("'\(place)' is \(whole), and not on \(word)")
      }
      return Address(platform: platform, account: whole.account, channel: whole.channel, thread: whole.thread)
    }
    guard !place.isEmpty, !place.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }), place.utf8.count <= 512
    else {
      throw Failure.usage("--to: '\(place)' names no chat")
    }
    return Address(platform: platform, account: account, channel: place)
  }
}
