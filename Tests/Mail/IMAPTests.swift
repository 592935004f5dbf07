import System
import Testing

@testable import Mail

@Suite struct IMAPTests {
  private typealias Token = IMAPReader.Token

  private func read(_ text: String, pieces: Int = .max, limit: Int = 1000) throws -> [IMAPReader.Answer] {
    var reader = IMAPReader()
    reader.literalLimit = limit
    var found: [IMAPReader.Answer] = []
    var rest = bytes(text)[...]
    while !rest.isEmpty {
      reader.feed(Array(rest.prefix(pieces)))
      rest = rest.dropFirst(pieces)
      while let answer = try reader.next() { found.append(answer) }
    }
    return found
  }

  @Test(arguments: [1, 2, 3, 7, Int.max])
  func answers(pieces: Int) throws {
    let text =
      "* OK [UIDVALIDITY 3857529045] UIDs valid\r\n* 172 EXISTS\r\n* FLAGS (\\Answered \\Seen)\r\n"
      + "* 12 FETCH (UID 5 FLAGS (\\Seen) BODY[] {12}\r\nab\r\n{3}\r\nxyz RFC822.SIZE 12 BODY[HEADER.FIELDS (A B)]<0> \"q\\\"\")\r\n"
      + "+ idling\r\na1 OK [READ-WRITE] done {3}\r\n* SEARCH 1 2 3\r\na2 NO no\r\n* BYE later\r\n"
    let found = try read(text, pieces: pieces)
    #expect(found.count == 9)
    #expect(
      found[0]
        == .status(
          IMAPReader.Status(condition: "OK", code: ["UIDVALIDITY", "3857529045"], text: "UIDs valid")))
    #expect(found[1] == .data([.atom("172"), .atom("EXISTS")]))
    #expect(
      found[3]
        == .data([
          .atom("12"), .atom("FETCH"),
          .list([
            .atom("UID"), .atom("5"), .atom("FLAGS"), .list([.atom("\\Seen")]), .atom("BODY[]"),
            .text(bytes("ab\r\n{3}\r\nxyz")),
            .atom("RFC822.SIZE"), .atom("12"), .atom("BODY[HEADER.FIELDS (A B)]<0>"), .text(bytes("q\"")),
          ]),
        ]))
    #expect(found[4] == .more)
    #expect(
      found[5]
        == .tagged(tag: "a1", IMAPReader.Status(condition: "OK", code: ["READ-WRITE"], text: "done {3}")))
    #expect(found[6] == .data([.atom("SEARCH"), .atom("1"), .atom("2"), .atom("3")]))
  }

  @Test func twoStrings() throws {
    let found = try read("* 1 FETCH (A {2}\r\nhi B {0}\r\n C {3}\r\nx)y)\r\n")
    #expect(
      found == [
        .data([
          .atom("1"), .atom("FETCH"),
          .list([.atom("A"), .text(bytes("hi")), .atom("B"), .text([]), .atom("C"), .text(bytes("x)y"))]),
        ])
      ])
  }

  @Test(arguments: [
    "* 1 FETCH (A {1001}\r\n", "* 1 FETCH (A {99999999999}\r\n", "* 1 FETCH (A\r\n", "* 1 FETCH A)\r\n",
    "* X \"a\r\n", "\r\n",
    "garbage\r\n", "a1 WHAT\r\n", "* " + String(repeating: "(", count: 40) + "\r\n",
    String(repeating: "x", count: 1 << 21),
    "* SEARCH " + String(repeating: "1 ", count: 600_000) + "\r\n",
  ])
  func faults(text: String) { #expect(throws: IMAPReader.Fault.self) { try read(text) } }

  @Test func garbage() {
    var random = SplitMix(state: 9)
    let pieces = [
      "* ", "1 FETCH ", "(", ")", "{3}\r\n", "\r\n", "\"", "\\", "OK ", "[", "]", "a1 ", "abc", "{", "}",
      "+ ",
    ]
    for _ in 0..<3000 {
      let text = (0..<Int(random.next() % 30)).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }
        .joined()
      let whole = try? read(text)
      let cut = try? read(text, pieces: 1)
      #expect(whole == cut)
    }
  }
}
