internal import Mail
internal import Network
internal import Stage
internal import System

/// Waiting for news: the server tells them, or is asked every now and then.
extension EmailSource {
  func told(_ tokens: [IMAPReader.Token]) {
    guard tokens.count == 2, tokens[1].word == "EXISTS" || tokens[1].word == "RECENT", tokens[0].number != nil
    else { return }
    hasNews = true
    if isIdling { endIdle() }
  }

  func rest() {
    timer?.cancel()
    guard capabilities.contains("IDLE") else {
      timer = stage.loop.after(poll) { [weak self] in self?.look() }
      return
    }
    idle()
  }

  func idle() {
    session?.send(
      "IDLE", within: Self.probe,
      onMore: { [weak self] in
        guard let self else { return }
        isIdling = true
        if hasNews { endIdle() }
      },
      onEnd: { [weak self] result in
        guard let self else { return }
        isIdling = false
        guard result.isOK else {
          // It says that it can and cannot.
          capabilities.remove("IDLE")
          return try next()
        }
        hasNews ? look() : checked()
      })
    timer = stage.loop.after(renewal) { [weak self] in self?.endIdle() }
  }

  func endIdle() {
    guard isIdling else { return }
    isIdling = false
    timer?.cancel()
    session?.done(within: Self.probe)
  }

  /// IDLE was renewed: what was lost on the way is found.
  func checked() {
    session?.send("NOOP", within: Self.probe) { [weak self] result in
      guard let self else { return }
      guard result.isOK else { return try give(up: "NOOP", result.status) }
      look()
    }
  }
}
