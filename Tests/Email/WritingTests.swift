import EmailWire
import Stage
import System
import TestSupport
import Testing

@testable import Delivery
@testable import EmailMessenger

@Suite struct WritingTests {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// Vectors of Python's quopri and email.quoprimime.
  @Test(arguments: [
    ("a=b", "a=3Db\r\n"), ("tab\t\nx", "tab=09\r\nx\r\n"), ("trailing \n", "trailing=20\r\n"),
    ("Ligne é\n", "Ligne =C3=A9\r\n"),
    (String(repeating: "x", count: 76), String(repeating: "x", count: 76) + "\r\n"),
    (String(repeating: "x", count: 77), String(repeating: "x", count: 75) + "=\r\nxx\r\n"),
    (String(repeating: "x", count: 75) + "é", String(repeating: "x", count: 75) + "=\r\n=C3=A9\r\n"),
    (".", "=2E\r\n"), (".\n.", "=2E\r\n=2E\r\n"), (".x\n", ".x\r\n"), ("From here", "=46rom here\r\n"),
    ("", ""), ("\n", "\r\n"),
    ("a\r\nb\rc\nd", "a\r\nb\r\nc\r\nd\r\n"), ("\u{0}\u{7F}", "=00=7F\r\n"), (" ", "=20\r\n"),
  ])
  func quotedPrintable(text: String, encoded: String) {
    #expect(self.text(MailText.quotedPrintable(text)) == encoded)
  }

  @Test(arguments: [74, 75, 76])
  func fromWhereALineBegins(count: Int) {
    let lines = text(MailText.quotedPrintable(String(repeating: "x", count: count) + "From here"))
    #expect(!lines.split(separator: "\r\n").contains { $0.hasPrefix("From ") || $0.utf8.count > 76 })
  }

  @Test func everyLineIsShort() {
    var random = SplitMix(state: 3)
    let pieces = ["x", "é", " ", "\t", "=", ".", "\n", "From ", "🏳️‍🌈", "\r"]
    for _ in 0..<500 {
      let text = (0..<Int(random.next() % 200)).map { _ in pieces[Int(random.next() % 10)] }.joined()
      for line in MailText.quotedPrintable(text).split(separator: 0x0A, omittingEmptySubsequences: false) {
        #expect(line.count <= 77)
        #expect(line.isEmpty || line.last == 0x0D)
        #expect(line.dropLast().last != 0x20)
      }
    }
  }

  @Test(arguments: [
    ("plain ascii subject", "Subject: plain ascii subject\r\n"),
    ("構建完成 ✅", "Subject: =?utf-8?b?5qeL5bu65a6M5oiQIOKchQ==?=\r\n"),
    ("a\r\nBcc: x@y", "Subject: a Bcc: x@y\r\n"), ("a\u{2028}b\u{0}c", "Subject: a b c\r\n"),
    ("", "Subject: \r\n"),
    ("=?utf-8?q?x?=", "Subject: =?utf-8?b?PT91dGYtOD9xP3g/PQ==?=\r\n"),
  ])
  func subjects(text: String, field: String) { #expect(MailText.field("Subject", text) == field) }

  @Test(arguments: [
    "Réponse à la tâche n°42: déploiement terminé avec succès et sans erreur aucune",
    String(repeating: "👨‍👩‍👧‍👦", count: 30),
    String(repeating: "e\u{301}\u{302}\u{303}\u{304}\u{305}", count: 40),
    String(repeating: "word ", count: 100), String(repeating: "x", count: 2000),
  ])
  func foldedFields(text: String) {
    let field = MailText.field("Subject", text)
    for line in field.split(separator: "\r\n") {
      #expect(line.utf8.count <= 78)
      for word in line.split(separator: " ") where word.hasPrefix("=?") { #expect(word.utf8.count <= 75) }
    }
  }

  @Test(
    arguments: [
      (nil, "a@b"), ("Bot", "Bot <a@b>"), ("Dr. \"X\" \\", "\"Dr. \\\"X\\\" \\\\\" <a@b>"),
      ("Zoë", "=?utf-8?b?Wm/Dqw==?= <a@b>"), ("a\r\nb", "a b <a@b>"),
      ("", "a@b"),
    ] as [(String?, String)])
  func mailboxes(name: String?, text: String) {
    #expect(MailText.mailbox(name: name, address: "a@b") == text)
  }

  @Test(arguments: [
    ("ascii.txt", ";\r\n filename=\"ascii.txt\""),
    ("résumé ✅.bin", ";\r\n filename*=utf-8''r%C3%A9sum%C3%A9%20%E2%9C%85.bin"),
    ("a\"b", ";\r\n filename*=utf-8''a%22b"), ("a\r\nX: y", ";\r\n filename=\"a X: y\""),
  ])
  func parameters(name: String, text: String) { #expect(MailText.parameter("filename", name) == text) }

  @Test func longNames() {
    let text = MailText.parameter("filename", String(repeating: "ü", count: 40))
    let lines = text.split(separator: "\r\n")
    #expect(lines.allSatisfy { $0.utf8.count <= 78 })
    #expect(text.hasPrefix(";\r\n filename*0*=utf-8''%C3%BC"))
    #expect(lines.dropFirst(2).first?.hasPrefix(" filename*1*=") == true)
  }

  @Test(arguments: [
    (1_700_000_000_000, "Tue, 14 Nov 2023 22:13:20 +0000"), (0, "Thu, 1 Jan 1970 00:00:00 +0000"),
    (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 +0000"),
  ])
  func dates(milliseconds: Int64, text: String) {
    #expect(MailText.date(Timestamp(milliseconds: milliseconds)) == text)
  }

  @Test func base64Lines() {
    #expect(
      text(OutgoingMail.Base64Lines.encode(Array(0..<60)))
        == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4\r\nOTo7\r\n")
    for count in [0, 1, 2, 3, 56, 57, 58, 114, 1000] {
      #expect(
        OutgoingMail.Base64Lines.encode([UInt8](repeating: 7, count: count)).count
          == OutgoingMail.Base64Lines.size(count))
    }
  }

  @Test func wholeMail() throws {
    let scratch = try Scratch()
    let content = [UInt8](repeating: 1, count: 100_000)
    try Files.write(content, to: scratch.path + "/file")
    var mail = OutgoingMail(text: ".\nx", fields: ["Subject: s\r\n"], boundary: "b")
    mail.html = "<p>.</p>"
    mail.files = [
      OutFile(
        attachment: Attachment(
          path: "", sha256: "", size: content.count, mime: "multipart/evil; x=y", name: "n"),
        descriptor: try Descriptor.open(scratch.path + "/file", 0))
    ]
    let pieces = mail.pieces()
    var feed = MailFeed(pieces)
    var out: [UInt8] = []
    while let more = try feed.next() { out += more }
    #expect(out.count == OutgoingMail.size(pieces))
    let all = text(out)
    #expect(
      all.hasPrefix(
        "Subject: s\r\nContent-Type: multipart/mixed; boundary=\"=_mb\"\r\n\r\n--=_mb\r\nContent-Type: multipart/alternative"
      ))
    #expect(all.hasSuffix("\r\n--=_mb--\r\n"))
    #expect(all.split(separator: "\r\n").contains("Content-Type: application/octet-stream;"))
    #expect(!all.split(separator: "\r\n").contains("."))
    // A file that has become shorter is no mail.
    mail.files[0] = OutFile(
      attachment: Attachment(path: "", sha256: "", size: content.count + 1, mime: "text/plain", name: "n"),
      descriptor: mail.files[0].descriptor)
    var broken = MailFeed(mail.pieces())
    #expect(throws: SystemError.self) { while try broken.next() != nil {} }
  }

  @Test func dotsAreDoubled() throws {
    var feed = MailFeed([.bytes(Array(".a\r\n..b\r\nc.\r\n".utf8)), .bytes(Array(".d".utf8))])
    var out: [UInt8] = []
    while let more = try feed.next() { out += more }
    #expect(text(out) == "..a\r\n...b\r\nc.\r\n..d")
  }
}

@Suite struct SMTPTests {
  @Test(arguments: [1, 2, 5, Int.max])
  func replies(pieces: Int) throws {
    var reader = SMTPReader()
    var found: [SMTPReply] = []
    var rest = Array("220 hi\r\n250-a\r\n250-SIZE 5\n250 c\u{7}\r\n354\r\n".utf8)[...]
    while !rest.isEmpty {
      found += try reader.feed(Array(rest.prefix(pieces)))
      rest = rest.dropFirst(pieces)
    }
    #expect(
      found == [
        SMTPReply(code: 220, lines: ["hi"]), SMTPReply(code: 250, lines: ["a", "SIZE 5", "c?"]),
        SMTPReply(code: 354, lines: [""]),
      ])
  }

  @Test(arguments: [
    "hello\r\n", "12\r\n", "099 x\r\n", "600 x\r\n", "250-a\r\n251 b\r\n", "250x\r\n", "\r\n",
    String(repeating: "2", count: 5000),
    String(repeating: "250-x\r\n", count: 101),
  ])
  func faults(text: String) {
    var reader = SMTPReader()
    #expect(throws: SMTPReader.Fault.self) { try reader.feed(Array(text.utf8)) }
  }
}

@Suite struct WireTests {
  @Test(
    arguments: [
      ("a@b.org", "b.org"), ("A.b+c@B.Org", "b.org"), ("a@b@c", nil), ("a b@c", nil), ("<a@b>", nil),
      ("a@b\r\nX", nil), ("a@", nil), ("@b", nil),
      ("a", nil), ("a@b..", nil), ("a@ü.de", nil), ("ü@a.de", nil), ("a@[1.2.3.4]", nil),
      (String(repeating: "a", count: 65) + "@b", nil),
    ] as [(String, String?)])
  func domains(address: String, domain: String?) { #expect(EmailAccount.domain(of: address) == domain) }

  @Test func ids() throws {
    let id = try #require(MessageID(row: "01a1-2", thread: "00ff", domain: "example.org"))
    #expect(id.text == "agim.01a1-2.00ff@example.org")
    #expect(MessageID(id.text, domain: "example.org") == id)
    #expect(MessageID("agim.x.0@EXAMPLE.org", domain: "example.org")?.thread == .some(nil))
    #expect(MessageID(row: "x>", thread: nil, domain: "d") == nil)
    #expect(MessageID(row: "x", thread: "0", domain: "d") == nil)
    for text in [
      "agim.x.0@other.org", "x.x.0@example.org", "agim.x@example.org", "agim..0@example.org",
      "agim.x.y.z@example.org", "agim.x.0", "",
    ] {
      #expect(MessageID(text, domain: "example.org") == nil)
    }
  }
}
