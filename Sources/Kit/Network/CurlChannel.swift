internal import CCurl
internal import Glibc

/// A connection that libcurl has made, with its proxies and TLS, and that nobody else uses.
package final class CurlChannel {
  private let transfer: HTTPTransfer
  private let multi: CurlMulti
  /// The socket, to wait for; nobody but libcurl reads, writes or closes it.
  package let fd: Int32

  init?(_ transfer: HTTPTransfer, _ multi: CurlMulti) {
    guard let easy = transfer.easy else { return nil }
    let fd = agim_curl_socket(easy.handle)
    guard fd >= 0 else {
      multi.release(transfer)
      return nil
    }
    (self.transfer, self.multi, self.fd) = (transfer, multi, fd)
  }

  deinit { multi.release(transfer) }

  /// Takes what has come, at most so many bytes; nil when there is nothing now, empty at the end.
  package func receive(upTo count: Int) throws(HTTPError) -> [UInt8]? {
    guard let easy = transfer.easy else { return [] }
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { room, used in
      var got = 0
      code = agim_curl_receive(easy.handle, room.baseAddress, count, &got)
      used = code == Int32(AGIM_CURLE_OK) ? got : 0
    }
    if code == Int32(AGIM_CURLE_OK) { return bytes }
    if code == Int32(AGIM_CURLE_AGAIN) { return nil }
    throw failed(code)
  }

  /// Sends from a place on; how much, 0 when it cannot be now: then the same bytes are to be offered again.
  package func send(_ bytes: [UInt8], from start: Int) throws(HTTPError) -> Int {
    guard let easy = transfer.easy else { return 0 }
    var sent = 0
    let code = bytes.withUnsafeBytes { all in
      agim_curl_send(easy.handle, all.baseAddress.map { $0 + start }, all.count - start, &sent)
    }
    if code == Int32(AGIM_CURLE_OK) { return sent }
    if code == Int32(AGIM_CURLE_AGAIN) { return 0 }
    throw failed(code)
  }

  private func failed(_ code: Int32) -> HTTPError {
    transfer.error(
      .brokenOff, "the connection broke: \(String(cString: agim_curl_words(code)))", isTemporary: true)
  }
}
