import JSON
import Stage
import System
import Testing
import Wire

import struct Stage.Attachment

@testable import FeishuMessenger

@Suite struct FeishuPlaceTests {
  private func place(_ address: String, _ origin: JSONValue?) throws -> MessagePlace {
    MessagePlace(try #require(Address(address)), origin?.object)
  }

  @Test("a group is answered by quoting, one person is not, a topic always is")
  func places() throws {
    let group: JSONValue = ["message_id": "om_1", "chat_type": "group"]
    let alone: JSONValue = ["message_id": "om_1", "chat_type": "p2p"]
    #expect(try place("feishu:oc_1", group).answered == "om_1")
    #expect(try place("feishu:oc_1", alone).answered == nil)
    #expect(try place("feishu:oc_1:omt_1", alone).answered == "om_1")
    #expect(try place("feishu:oc_1:omt_1", nil).thread == "omt_1")
    #expect(try place("feishu:oc_1", ["message_id": ""]).answered == nil)
  }

  @Test("ids of messages are at most 50 characters, and differ where the messages do")
  func keys() {
    let own = "019a1b2c-0000-7000-8000-000000000000"
    #expect(MessageKey(own, 1).text == "\(own).1")
    #expect(MessageKey(own, 12).varied("p").varied("c").text == "\(own).12.pc")
    let long = String(repeating: "x", count: 128)
    let keys = [
      MessageKey(long, 1), MessageKey(long, 2), MessageKey(long, 1, "p"), MessageKey("y" + long, 1),
      MessageKey(long, 1, "p").varied("c"),
    ].map(\.text)
    #expect(Set(keys).count == keys.count)
    #expect(keys.allSatisfy { $0.utf8.count <= 50 })
  }

  @Test("what is remembered is read again")
  func remembered() {
    let posted = PostedMessage(message: "om_1", card: "73")
    #expect(PostedMessage(json: posted.json) == posted)
    #expect(PostedMessage(json: PostedMessage(message: "om_2").json)?.card == nil)
    #expect(PostedMessage(json: "{}") == nil)
    let file = UploadedFile(type: "image", key: "img_1")
    #expect(UploadedFile(json: file.json) == file)
    #expect(UploadedFile(json: posted.json) == nil)
  }

  @Test("numbers of changes grow, also after a crash, and fit into 31 bits")
  func numbers() {
    let now = Timestamp(milliseconds: 1_795_000_000_000)
    let first = CardStream.number(at: now, after: 0)
    #expect(CardStream.number(at: now, after: first) == first + 1)
    #expect(CardStream.number(at: now + 1000, after: 0) == first + 10)
    // A clock that goes back changes nothing.
    #expect(CardStream.number(at: now + -60_000, after: first) == first + 1)
    for year in 0..<60 {
      let later = Timestamp(milliseconds: 1_795_000_000_000 + Int64(year) * 31_557_600_000)
      #expect((1...2_147_483_647).contains(CardStream.number(at: later, after: 0)))
    }
  }

  @Test(
    "places are links to a map",
    arguments: [
      (39.9087, 116.3975, "天安门", "天安门: [39.908700, 116.397500]"),
      (-0.000_000_4, -0.5, "", "[0.000000, -0.500000]"),
      (-33.8568, 151.2153, "a*b\n[c]", "a\\*b \\[c\\]: [-33.856800, 151.215300]"),
    ])
  func map(_ north: Double, _ east: Double, _ name: String, _ start: String) throws {
    let place = try #require(Attachment.Place(latitude: north, longitude: east))
    let text = PlaceText.markdown(Attachment(place: place, name: name))
    #expect(text.hasPrefix(start + "(https://www.openstreetmap.org/?mlat="), "\(text)")
  }
}

@Suite struct FeishuFileTests {
  private func voice(_ position: UInt64, skip: UInt16 = 312) -> [UInt8] {
    func page(_ position: UInt64, _ body: [UInt8]) -> [UInt8] {
      var page = Array("OggS".utf8) + [0, 0]
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        page.append(UInt8(truncatingIfNeeded: position >> shift))
      }
      return page + [UInt8](repeating: 0, count: 12) + [1, UInt8(body.count)] + body
    }
    let skipped = [UInt8(truncatingIfNeeded: skip), UInt8(truncatingIfNeeded: skip >> 8)]
    let head = Array("OpusHead".utf8) + [1, 1] + skipped + [0x80, 0xBB, 0, 0, 0, 0, 0]
    return page(0, head) + page(0, Array("OpusTags".utf8)) + page(position, [1, 2, 3])
  }

  @Test("how long a voice lasts stands on its last page")
  func durations() {
    #expect(OggOpus.milliseconds(voice(48_312)) == 1000)
    #expect(OggOpus.milliseconds(voice(48_000 * 90 + 312)) == 90_000)
    #expect(OggOpus.milliseconds(voice(.max)) == nil)
    #expect(OggOpus.milliseconds(voice(10)) == nil)
    #expect(!OggOpus.isOpus(Array("OggS".utf8) + [UInt8](repeating: 0, count: 60)))
    let whole = voice(48_312)
    for count in whole.indices { _ = OggOpus.milliseconds(Array(whole[..<count])) }
  }

  @Test(
    "the content decides as what a file goes out",
    arguments: [
      ("dot.png", "image/png", Attachment.Kind.image, "\u{89}PNG", FileForm.plain),
      ("a.pdf", "text/plain", .file, "%PDF-1.7", FileForm(upload: "pdf", message: "file")),
      ("a.DOCX", "application/zip", .file, "PK\u{3}\u{4}", FileForm(upload: "doc", message: "file")),
      ("a.ppt", "x/y", .file, "", FileForm(upload: "ppt", message: "file")),
      ("v.ogg", "audio/ogg", .voice, "ID3", .plain), ("a.sh", "text/plain", .file, "#!/bin/sh", .plain),
    ])
  func forms(_ name: String, _ mime: String, _ kind: Attachment.Kind, _ content: String, _ form: FileForm) {
    let file = Attachment(kind: kind, path: "", sha256: "", size: 10, mime: mime, name: name)
    #expect(FileForm.of(file, Array(content.utf8)) == form)
  }

  @Test("pictures that are too large go out as files, voices with how long they last")
  func large() {
    let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    var file = Attachment(kind: .image, path: "", sha256: "", size: 10, mime: "image/png", name: "x.png")
    #expect(FileForm.of(file, png).message == "image")
    file.size = FileForm.imageLimit + 1
    #expect(FileForm.of(file, png) == .plain)
    let said = Attachment(kind: .voice, path: "", sha256: "", size: 10, mime: "audio/ogg", name: "x.ogg")
    #expect(FileForm.of(said, voice(48_312)) == FileForm(upload: "opus", message: "audio", duration: 1000))
  }
}
