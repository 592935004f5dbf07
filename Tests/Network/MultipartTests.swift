import Glibc
import JSON
import Network
import System
import TestSupport
import Testing

@Suite struct MultipartTests {
  private func form() -> Multipart { Multipart(random: { 0x0123 }) }

  private func text(_ parts: [HTTPRequest.Part]) -> String {
    var bytes: [UInt8] = []
    for part in parts {
      switch part {
      case .bytes(let piece): bytes += piece
      case .file(_, let count): bytes += Array("<\(count)>".utf8)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func fieldsAndFiles() throws {
    let scratch = try Scratch()
    try Files.write(Array("content".utf8), to: scratch.path + "/file")
    let file = try Descriptor.open(scratch.path + "/file", O_RDONLY)
    var form = form()
    form.field("chat_id", "5")
    form.file("document", filename: "a\"b\r\nEvil: yes\u{1}ü.txt", mime: "text/plain", file, count: 7)
    form.file("thumb", filename: "", mime: "x\r\nEvil: yes", [0x41])
    let boundary = "agim00000000000001230000000000000123"
    #expect(form.contentType == "multipart/form-data; boundary=\(boundary)")
    #expect(
      text(form.parts) == """
        --\(boundary)\r
        Content-Disposition: form-data; name="chat_id"\r
        \r
        5\r
        --\(boundary)\r
        Content-Disposition: form-data; name="document"; filename="a%22b%0D%0AEvil: yesü.txt"\r
        Content-Type: text/plain\r
        \r
        <7>\r
        --\(boundary)\r
        Content-Disposition: form-data; name="thumb"; filename=""\r
        Content-Type: application/octet-stream\r
        \r
        A\r
        --\(boundary)--\r

        """)
  }

  @Test func anEmptyForm() { #expect(text(form().parts) == "--agim00000000000001230000000000000123--\r\n") }

  @Test func boundariesDiffer() {
    let clock = Clock.system
    #expect(Multipart(random: clock.random).contentType != Multipart(random: clock.random).contentType)
  }

  @Test func aRequest() throws {
    let server = try Server.shared("http")
    let loop = EventLoop(clock: .system)
    var form = form()
    form.field("a", "b")
    let request = HTTPRequest("POST", server.url("/echo"), form: form)
    let response = try #require(try HTTPClient(loop).answer(loop, request).response)
    let echo = try JSONReader.parse(response.body)
    #expect(echo["body"]?.string == text(form.parts))
    let headers = (echo["headers"]?.array ?? []).compactMap { $0.array?.compactMap(\.string) }
    #expect(headers.contains(["content-type", form.contentType]))
  }
}
