// Feeds what reads mail and IMAP with any bytes, and checks what must hold of all that comes out. Built by
// build-mail.sh: libFuzzer brings its own main function.

import Mail

/// Ends the process so that libFuzzer keeps the input.
private func demand(_ condition: Bool, _ rule: StaticString) {
  precondition(condition, "broken rule: \(rule)")
}

private let rules = MailVerdict.Rules(
  own: "bot@example.org", servers: ["mx.example.org"], secret: "s3cret-word", isEqual: { $0 == $1 })

/// What every mail may begin with, so that the rest is reached sooner.
private let starts: [String] = [
  "", "From: a@a.org\r\nAuthentication-Results: mx.example.org; ",
  "Content-Type: multipart/mixed; boundary=b\r\n",
  "Content-Type: text/html\r\n\r\n",
  "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n",
]

/// Feeds one input: its first byte says what it is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMail(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let kind = bytes.first else { return 0 }
  let rest = Array(bytes.dropFirst())
  switch kind % 8 {
  case 0, 1: checkIMAP(rest)
  case 2: checkFields(rest)
  default: checkMail(Array(starts[Int(kind) % starts.count].utf8) + rest)
  }
  return 0
}

private func checkMail(_ bytes: [UInt8]) {
  let (head, body) = MailHeader.split(bytes[...])
  guard let header = try? MailHeader(head) else { return }
  demand(header.fields.count <= MailHeader.fieldLimit, "fields are limited")
  for (name, _) in header.fields {
    demand(!name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "names are names")
  }
  if case .trusted(let sender, _) = MailVerdict(header, rules) {
    demand(header.all("from").count == 1, "who is trusted is one")
    demand(!sender.domain.isEmpty && !sender.local.isEmpty, "who is trusted has an address")
    demand(header.all("list-id").isEmpty, "no list is trusted")
    let isAuthenticated =
      header.first("authentication-results").flatMap { AuthenticationResults($0) }?.server == "mx.example.org"
    let isSecret = bytes.indices.contains { bytes[$0...].starts(with: "s3cret-word".utf8) }
    demand(isAuthenticated || isSecret, "trust has a reason")
  }
  var limits = MailContent.Limits()
  limits.text = 4096
  limits.files = 4096
  let content = MailContent(header: header, body: body, limits: limits)
  demand(content.text.utf8.count <= 4096 + 8, "text is limited")
  demand(content.files.reduce(0) { $0 + $1.bytes.count } <= 4096, "files are limited")
  demand(content.files.count <= limits.parts, "parts are limited")
  for file in content.files {
    demand((1...200).contains(file.name.utf8.count), "names are short")
    demand(
      file.name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x2F && $0 != 0x5C }, "names are no paths"
    )
    demand(file.name.utf8.first != 0x2E, "no name is hidden")
  }
  let reply = QuotedReply(content.text)
  demand(reply.text.utf8.count <= content.text.utf8.count, "what is new was there")
  _ = BounceReport(header: header, body: body)
  for name in ["references", "in-reply-to", "message-id"] {
    for id in header.ids(name) { demand(id.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "ids are words") }
  }
}

private func checkFields(_ bytes: [UInt8]) {
  let text = EncodedWords.decode(bytes)
  demand(text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a field is one line")
  _ = MailParameters(bytes)
  for address in MailAddress.list(bytes) ?? [] {
    demand(!address.domain.utf8.contains { $0 <= 0x20 || $0 >= 0x7F || $0 == 0x40 }, "a domain is a domain")
    demand(address.name.map { $0.utf8.allSatisfy { $0 >= 0x20 } } ?? true, "a name is one line")
  }
  let encoded = TransferEncoding.base64.decode(bytes[...])
  demand(encoded.count <= bytes.count, "base64 becomes shorter")
  demand(
    TransferEncoding.quotedPrintable(bytes[...]).count <= bytes.count * 2 + 2, "quoted-printable stays short")
}

private func checkIMAP(_ bytes: [UInt8]) {
  guard let step = bytes.first.map({ Int($0) + 1 }) else { return }
  func read(_ step: Int) -> [IMAPReader.Answer]? {
    var reader = IMAPReader()
    reader.literalLimit = 200
    var answers: [IMAPReader.Answer] = []
    var place = 1
    while place < bytes.count {
      let end = min(bytes.count, place + step)
      reader.feed(Array(bytes[place..<end]))
      place = end
      do {
        while let answer = try reader.next() { answers.append(answer) }
      } catch {
        return nil
      }
    }
    return answers
  }
  demand(read(step) == read(.max / 2), "pieces make no difference")
}
