internal import CCurl
internal import System

// Bytes both ways, once the connection is made.
extension MailConnection {
  /// Puts bytes behind those that wait to be sent.
  package func send(_ bytes: [UInt8]) {
    outgoing += bytes
    guard isOpen, writing?.isEnabled == false else { return }
    writing?.isEnabled = true
  }

  /// Sends what the socket takes.
  func transmit() throws {
    guard isOpen, let easy else { return }
    var turns = 0
    while true {
      if chunkSent == chunkFill {
        chunkFill = min(outgoing.count, Self.chunkSize)
        chunkSent = 0
        outgoing.prefix(chunkFill).withUnsafeBytes { chunk.copyMemory(from: $0) }
        outgoing.removeFirst(chunkFill)
        guard chunkFill > 0 else { break }
        turns += 1
        // Others want their turn.
        if turns > 64 { return }
      }
      var sent = 0
      let from = chunk.baseAddress.map { UnsafeRawPointer($0 + chunkSent) }
      let code = agim_curl_send(easy.handle, from, chunkFill - chunkSent, &sent)
      if Int(code) == Int(AGIM_CURLE_AGAIN) {
        writing?.isEnabled = true
        return
      }
      guard code == 0 else { return fail(lost(code)) }
      chunkSent += sent
    }
    writing?.isEnabled = false
    try onDrained?()
  }

  /// Takes what has come: all of it, because what TLS has decrypted already no socket tells of.
  func receive() throws {
    var turns = 0
    while isOpen, let easy {
      var got = 0
      var code: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunkSize) { room, used in
        code = agim_curl_receive(easy.handle, room.baseAddress, room.count, &got)
        used = code == 0 ? got : 0
      }
      if Int(code) == Int(AGIM_CURLE_AGAIN) { return }
      guard code == 0 else { return fail(lost(code)) }
      guard !bytes.isEmpty else {
        return fail(error(.brokenOff, "the server closed the connection", isTemporary: true))
      }
      try handlers?.data(bytes)
      turns += 1
      if turns >= 64 {
        loop.after(0) { [weak self] in try self?.receive() }
        return
      }
    }
  }

  private func lost(_ code: Int32) -> MailError {
    let words = easy?.text ?? ""
    return error(
      .brokenOff, "the connection broke: \(words.isEmpty ? String(cString: agim_curl_words(code)) : words)",
      isTemporary: true)
  }
}
