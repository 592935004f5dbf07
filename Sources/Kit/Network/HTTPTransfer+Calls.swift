internal import CCurl
internal import Glibc
internal import System

// What libcurl calls while it works. Nothing of it may call libcurl, a handler, or throw.
extension HTTPTransfer {
  /// The calls, which find the transfer by their context.
  static let calls = agim_curl_calls(
    header: { bytes, size, count, context in
      HTTPTransfer.at(context)?.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
    },
    body: { bytes, size, count, context in
      HTTPTransfer.at(context)?.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
    },
    upload: { buffer, size, count, context in
      guard let transfer = HTTPTransfer.at(context) else { return Int(0x1000_0000) }
      return transfer.giveUpload(UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
    },
    rewind: { context, offset, origin in
      guard let transfer = HTTPTransfer.at(context), offset == 0, origin == SEEK_SET else { return 1 }
      transfer.upload = UploadPosition()
      return 0
    },
    may_connect: { context, address, length in
      guard let transfer = HTTPTransfer.at(context), let address else { return false }
      return transfer.mayTalk(
        to: NetworkAddress(socketAddress: UnsafeRawBufferPointer(start: address, count: length)))
    },
    may_begin: { context, address in
      guard let transfer = HTTPTransfer.at(context), let address else { return false }
      return transfer.mayBegin(NetworkAddress(String(cString: address)))
    })

  private static func at(_ context: UnsafeMutableRawPointer?) -> HTTPTransfer? {
    // The client holds the transfer as long as libcurl has its handle.
    context.map { Unmanaged<HTTPTransfer>.fromOpaque($0).takeUnretainedValue() }
  }

  private func touch() {
    multi?.touch(self)
  }

  private func mayTalk(to address: NetworkAddress?) -> Bool {
    // After one address that may not be, the next of the same name is not tried.
    guard stop == nil, let host = self.address?.host else { return false }
    guard let why = reach.refusal(of: address, for: host) else { return true }
    stop = .forbidden(why)
    return false
  }

  /// A connection, new or used before, is about to carry the request.
  private func mayBegin(_ address: NetworkAddress?) -> Bool {
    guard mayTalk(to: address) else { return false }
    begins += 1
    // libcurl sends again on a new connection what a used one did not answer, whatever the method is.
    if begins > 1, !request.isRepeatable {
      stop = .repeated
      return false
    }
    wasBegun = true
    touch()
    return true
  }

  // MARK: - Receiving

  private func takeHeader(_ line: UnsafeRawBufferPointer) -> Int {
    touch()
    headBytes += line.count
    guard headBytes <= request.limits.headers else { return refuse(.headersTooLarge) }
    // What follows the body belongs to no head; a new head follows one of status 100 to 199.
    if headIsComplete { return line.count }
    let text = line.filter { $0 != 0x0D && $0 != 0x0A }
    if text.starts(with: "HTTP/".utf8) {
      let words = text.split(separator: 0x20, maxSplits: 2)
      guard words.count >= 2, let status = Int(String(decoding: words[1], as: UTF8.self)) else {
        return refuse(.malformed("its status line has no status"))
      }
      head = HTTPHead(status: status, version: String(decoding: words[0], as: UTF8.self))
      return line.count
    }
    guard text.isEmpty else {
      addHeader(text)
      return line.count
    }
    if let head, head.status >= 200 {
      headIsComplete = true
    } else {
      head = nil
    }
    return line.count
  }

  private func addHeader(_ line: [UInt8]) {
    if let first = line.first, Self.isBlank(first), let last = head?.headers.popLast() {
      // A long line folded, as it was once done.
      head?.headers.append(
        (last.name, "\(last.value) \(String(decoding: Self.trimmed(line[...]), as: UTF8.self))"))
      return
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
    head?.headers.append(
      (
        String(decoding: line[..<colon], as: UTF8.self).lowercased(),
        String(decoding: Self.trimmed(line[(colon + 1)...]), as: UTF8.self)
      ))
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// The value of a header line without the blanks around it.
  package static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var value = value.drop(while: isBlank)
    while let last = value.last, isBlank(last) { value.removeLast() }
    return value
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    touch()
    bodyCount += bytes.count
    if let limit = request.limits.body, bodyCount > limit { return refuse(.bodyTooLarge) }
    if isWanted { pending.append(contentsOf: bytes) }
    return bytes.count
  }

  private func refuse(_ why: Stop) -> Int {
    stop = why
    return 0
  }

  // MARK: - Sending

  private func giveUpload(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    touch()
    while upload.part < request.body.count {
      let part = request.body[upload.part]
      let left = part.count - upload.offset
      guard left > 0 else {
        upload = UploadPosition(part: upload.part + 1)
        continue
      }
      let wanted = min(left, buffer.count)
      switch part {
      case .bytes(let bytes):
        let from = upload.offset
        bytes.withUnsafeBytes { buffer.copyBytes(from: $0[from..<from + wanted]) }
        upload.offset += wanted
        return wanted
      case .file(let file, _):
        let got = pread(file.number, buffer.baseAddress, wanted, off_t(upload.offset))
        guard got > 0 else {
          stop = .unreadable(
            got == 0 ? "the file has become shorter" : "the file: \(String(cString: strerror(errno)))")
          return Int(0x1000_0000)
        }
        upload.offset += got
        return got
      }
    }
    return 0
  }
}
