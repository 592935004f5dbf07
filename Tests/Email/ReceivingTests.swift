import Mail
import System
import Testing

@testable import EmailSource

@Suite struct MailboxTests {
  @Test(arguments: [
    ("INBOX", "\"INBOX\""), ("a\"b\\c", "\"a\\\"b\\\\c\""), ("Tom & Jerry", "\"Tom &- Jerry\""),
    ("~peter/mail/台北/日本語", "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\""),
    ("Entwürfe", "\"Entw&APw-rfe\""), ("😀", "\"&2D3eAA-\""),
  ])
  func names(name: String, quoted: String) { #expect(MailboxPlace.quoted(name) == quoted) }

  @Test func places() {
    #expect(MailboxPlace("7:12") == MailboxPlace(validity: 7, last: 12))
    #expect(MailboxPlace(validity: 7, last: 12).description == "7:12")
    for text in ["", "7", "7:", ":7", "7:8:9", "x:y", "7:-1"] { #expect(MailboxPlace(text) == nil) }
    #expect(MailboxPlace.day(Timestamp(milliseconds: 1_700_000_000_000)) == "14-Nov-2023")
  }

  @Test func searches() throws {
    var reader = IMAPReader()
    reader.feed(Array("* SEARCH 3 1 99999999999 x\r\n* SEARCH\r\n* 4 EXISTS\r\n* SEARCH 0 2\r\n".utf8))
    var answers: [[IMAPReader.Token]] = []
    while case .data(let tokens)? = try reader.next() { answers.append(tokens) }
    #expect(MailboxPlace.found(answers) == [3, 1, 2])
  }

  /// Other mails' flags may be told in between.
  @Test func fetched() throws {
    var reader = IMAPReader()
    reader.feed(
      Array(
        "* 1 FETCH (FLAGS (\\Seen))\r\n* 2 FETCH (UID 8 RFC822.SIZE 3)\r\n* 3 FETCH (BODY[] {2}\r\nhi UID 9)\r\n* 9 EXPUNGE\r\n"
          .utf8))
    var answers: [[IMAPReader.Token]] = []
    while case .data(let tokens)? = try reader.next() { answers.append(tokens) }
    #expect(FetchedMail(answers, uid: 8)?.size == 3)
    #expect(FetchedMail(answers, uid: 9)?.content == Array("hi".utf8))
    #expect(FetchedMail(answers, uid: 10) == nil)
  }

  @Test func rates() {
    var rates = SenderRates(perHour: 2)
    let asked: [(String, Int64)] = [
      ("a", 0), ("a", 1), ("a", 2), ("b", 2), ("a", 3_600_001), ("a", 3_600_001), ("a", 3_600_001),
    ]
    #expect(asked.map { rates.take($0.0, at: $0.1) } == [true, true, false, true, true, true, false])
  }
}
