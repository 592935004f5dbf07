import FeishuWire
import Testing

/// The bytes of hexadecimal digits.
func bytes(_ hex: String) -> [UInt8] {
  let digits = hex.utf8.map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

@Suite struct FrameTests {
  private static let event =
    "08ac021005180120012a0d0a047479706512056576656e742a110a0a6d6573736167655f696412036d2d312a080a0373756d1201"
    + "312a080a037365711201302a0f0a0874726163655f69641203742d3142107b22736368656d61223a22322e30227d"

  @Test(
    "frames of Feishu's own client come back byte for byte",
    arguments: [
      "08001000180120002a0c0a0474797065120470696e67",
      "0800100018f681801020002a0c0a0474797065120470696e67",
      "08001000180120002a0c0a04747970651204706f6e6742537b225265636f6e6e656374436f756e74223a2d312c225265636f6e6e"
        + "656374496e74657276616c223a3132302c225265636f6e6e6563744e6f6e6365223a33302c2250696e67496e74657276616c22"
        + "3a39307d",
      event, "08011002180320013201653a01744201784a016e",
    ])
  func vectors(hex: String) throws {
    let frame = try FeishuFrame(bytes(hex))
    #expect(frame.bytes == bytes(hex))
  }

  @Test("a ping is the client's own")
  func ping() {
    #expect(FeishuFrame.ping(service: 1).bytes == bytes("08001000180120002a0c0a0474797065120470696e67"))
    #expect(
      FeishuFrame.ping(service: 33_554_678).bytes
        == bytes("0800100018f681801020002a0c0a0474797065120470696e67"))
  }

  @Test("an event's fields, and the answer to it")
  func answer() throws {
    let frame = try FeishuFrame(bytes(Self.event))
    #expect((frame.sequence, frame.log, frame.service, frame.method) == (300, 5, 1, FeishuFrame.data))
    #expect(frame.header("message_id") == "m-1")
    #expect(frame.header("nothing") == nil)
    #expect(frame.payload == Array("{\"schema\":\"2.0\"}".utf8))
    let answer = frame.answer(status: 200, milliseconds: 12)
    #expect(
      answer.bytes
        == bytes(
          "08ac021005180120012a0d0a047479706512056576656e742a110a0a6d6573736167655f696412036d2d312a080a0373756d"
            + "1201312a080a037365711201302a0f0a0874726163655f69641203742d312a0c0a0662697a5f727412023132420c7b22636f"
            + "6465223a3230307d"))
    let result = frame.answer(status: 200, result: Array("{}".utf8), milliseconds: 0)
    #expect(result.payload == Array("{\"code\":200,\"headers\":{},\"data\":\"e30=\"}".utf8))
  }

  @Test("every number comes back", arguments: [Int32.min, -1, 0, 1, 127, 128, Int32.max])
  func numbers(number: Int32) throws {
    var frame = FeishuFrame()
    (frame.service, frame.method) = (number, 1)
    (frame.sequence, frame.log) = (UInt64.max, UInt64(bitPattern: Int64(number)))
    #expect(try FeishuFrame(frame.bytes) == frame)
  }

  @Test("fields that nobody knows are passed over, of every kind")
  func unknown() throws {
    let more = "500155010203045901020304050607085a026162"
    #expect(try FeishuFrame(bytes(Self.event + more)).bytes == bytes(Self.event))
  }

  @Test("a frame that is cut anywhere is refused")
  func cut() {
    let whole = bytes(Self.event)
    for length in 0..<whole.count {
      // Cut between two fields after the required ones it is a shorter frame.
      guard let frame = try? FeishuFrame(Array(whole[..<length])) else { continue }
      #expect(frame.bytes == Array(whole[..<length]))
      #expect(frame.headers.count < 5 || frame.payload == nil)
    }
  }

  @Test(
    "what is no frame is refused",
    arguments: [
      "", "00", "08", "08ffffffffffffffffffff01", "0800100018012a00", "0a00100018012000",
      "0800100018012000ff",
      "08001000180120002a020a00", "0800100018012000420a61", "08001000180120003201ff",
      "0800100018012000430044",
      "08001000180120004d01", "080010001801200007",
    ])
  func garbage(hex: String) {
    #expect(throws: FeishuFrameError.self) { try FeishuFrame(bytes(hex)) }
  }

  @Test("more headers than a frame needs are refused")
  func headers() {
    var frame = FeishuFrame()
    frame.headers = Array(repeating: FeishuFrame.Header("a", "b"), count: 65)
    #expect(throws: FeishuFrameError.self) { try FeishuFrame(frame.bytes) }
    frame.headers = [FeishuFrame.Header("a", String(repeating: "b", count: 8193))]
    #expect(throws: FeishuFrameError.self) { try FeishuFrame(frame.bytes) }
  }
}

@Suite struct FragmentTests {
  private func piece(_ text: String, _ seq: String, of sum: String, id: String = "m") -> FeishuFrame {
    var frame = FeishuFrame()
    frame.headers = [.init("message_id", id), .init("sum", sum), .init("seq", seq)]
    frame.payload = Array(text.utf8)
    return frame
  }

  @Test("pieces are joined in their order, whatever order they come in, also twice")
  func order() throws {
    var fragments = FeishuFragments()
    #expect(try fragments.add(piece("c", "2", of: "3"), now: 0) == nil)
    #expect(try fragments.add(piece("a", "0", of: "3"), now: 1) == nil)
    #expect(try fragments.add(piece("x", "0", of: "2", id: "n"), now: 1) == nil)
    #expect(try fragments.add(piece("a", "0", of: "3"), now: 2) == nil)
    #expect(try fragments.add(piece("b", "1", of: "3"), now: 3) == Array("abc".utf8))
    #expect(try fragments.add(piece("y", "1", of: "2", id: "n"), now: 4) == Array("xy".utf8))
    #expect(try fragments.add(piece("b", "1", of: "3"), now: 5) == nil)
  }

  @Test("a payload in one frame needs no numbers")
  func single() throws {
    var fragments = FeishuFragments()
    var frame = FeishuFrame()
    frame.payload = [1]
    #expect(try fragments.add(frame, now: 0) == [1])
    #expect(try fragments.add(piece("a", "0", of: "1"), now: 0) == Array("a".utf8))
    #expect(try fragments.add(FeishuFrame(), now: 0) == [])
  }

  @Test("an incomplete payload is dropped after 5 s without a piece")
  func patience() throws {
    var fragments = FeishuFragments()
    #expect(try fragments.add(piece("a", "0", of: "3"), now: 0) == nil)
    #expect(try fragments.add(piece("b", "1", of: "3"), now: 5000) == nil)
    #expect(try fragments.add(piece("c", "2", of: "3"), now: 10_000) == Array("abc".utf8))
    #expect(try fragments.add(piece("a", "0", of: "2"), now: 20_000) == nil)
    #expect(try fragments.add(piece("b", "1", of: "2"), now: 25_001) == nil)
  }

  @Test(
    "numbers that cannot be are refused",
    arguments: [
      ("1", "1"), ("2", "2"), ("-1", "2"), ("x", "2"), ("0", "257"), ("0", "x"), ("0", "99999999999"),
    ])
  func numbers(seq: String, sum: String) throws {
    var fragments = FeishuFragments()
    if sum == "1" {
      #expect(try fragments.add(piece("a", seq, of: sum), now: 0) == Array("a".utf8))
    } else {
      #expect(throws: FeishuFrameError.self) { try fragments.add(piece("a", seq, of: sum), now: 0) }
    }
  }

  @Test("sizes are limited, and a set that breaks the limit is forgotten")
  func limits() throws {
    var fragments = FeishuFragments()
    let big = String(repeating: "a", count: 3 << 20)
    #expect(try fragments.add(piece(big, "0", of: "2"), now: 0) == nil)
    #expect(throws: FeishuFrameError.self) { try fragments.add(piece(big, "1", of: "2"), now: 0) }
    #expect(try fragments.add(piece("b", "1", of: "2"), now: 0) == nil)
    #expect(throws: FeishuFrameError.self) { try fragments.add(piece("b", "1", of: "3"), now: 0) }
    for number in 0..<100 {
      #expect(try fragments.add(piece("a", "0", of: "2", id: "\(number)"), now: Int64(number)) == nil)
    }
    #expect(try fragments.add(piece("b", "1", of: "2", id: "0"), now: 100) == nil)
    #expect(try fragments.add(piece("b", "1", of: "2", id: "99"), now: 100) == Array("ab".utf8))
  }
}
