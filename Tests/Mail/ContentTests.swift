import System
import Testing

@testable import Mail

func content(_ mail: String, _ limits: MailContent.Limits = MailContent.Limits()) throws -> MailContent {
  let (head, body) = MailHeader.split(bytes(mail)[...])
  return MailContent(header: try MailHeader(head), body: body, limits: limits)
}

func replaced(_ text: String, _ old: String, _ new: String) -> String {
  var (rest, out) = (text[...], "")
  while !rest.isEmpty {
    if rest.hasPrefix(old) {
      out += new
      rest = rest.dropFirst(old.count)
    } else {
      out.append(rest.removeFirst())
    }
  }
  return out
}

@Suite struct ContentTests {
  /// The vector of Python's email package.
  private static let mixed = """
    Content-Type: multipart/mixed; boundary="=_b1"

    --=_b1
    Content-Type: text/plain; charset="utf-8"
    Content-Transfer-Encoding: quoted-printable

    Ligne =C3=A9
    .dot line
    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx=
    xxxxx
    trailing space=20

    --=_b1
    Content-Type: application/octet-stream
    Content-Transfer-Encoding: base64
    Content-Disposition: attachment;
     filename*=utf-8''r%C3%A9sum%C3%A9%20%E2%9C%85.bin

    AAEC

    --=_b1--
    """

  @Test(arguments: [false, true])
  func mixed(crlf: Bool) throws {
    let text =
      crlf
      ? Self.mixed.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
      : Self.mixed
    let found = try content(text)
    #expect(found.text == "Ligne é\n.dot line\n\(String(repeating: "x", count: 80))\ntrailing space \n")
    #expect(
      found.files == [
        MailContent.File(name: "résumé ✅.bin", mime: "application/octet-stream", bytes: [0, 1, 2])
      ])
    #expect(found.omitted == [])
  }

  @Test(arguments: [
    ("a=3Db", "a=b"), ("tab=09", "tab\t"), ("a=\r\nb=ZZ=3D=3d x  ", "ab=ZZ== x"), ("x=", "x"), ("=", ""),
    ("a \r\nb", "a\r\nb"),
    ("=C3=A9\n", "é\r\n"), ("==41", "=A"),
  ])
  func quotedPrintable(text: String, meant: String) {
    #expect(TransferEncoding.quotedPrintable(bytes(text)[...]) == bytes(meant))
  }

  @Test(
    arguments: [
      ("AAECAwQFBgcICQoLDA0ODw==", Array(0...15)), ("AAE", [0, 1]), ("A A\r\nE!C", [0, 1, 2]),
      ("AA==AA==", [0, 0]),
      ("", []), ("A", []), ("-_8", [0xFB, 0xFF]),
    ] as [(String, [UInt8])])
  func base64(text: String, meant: [UInt8]) {
    #expect(TransferEncoding.base64.decode(bytes(text)[...]) == meant)
  }

  @Test func alternatives() throws {
    let parts = """
      Content-Type: multipart/alternative; boundary=b

      preamble
      --b
      Content-Type: text/plain

      plain
      --b
      Content-Type: text/html

      <p>html</p>
      --b--
      epilogue
      """
    #expect(try content(parts).text == "plain")
    #expect(try content(replaced(parts, "\nplain\n", "\n \n")).text == "html")
  }

  @Test func withoutLastBoundary() throws {
    let found = try content(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--bx\nthree")
    #expect(found.text == "one\ntwo\n--bx\nthree")
  }

  @Test func limits() throws {
    var nested = "Content-Type: text/plain\n\ndeep"
    for level in 0..<20 {
      nested = "Content-Type: multipart/mixed; boundary=b\(level)\n\n--b\(level)\n\(nested)\n--b\(level)--\n"
    }
    let deep = try content(nested)
    #expect(deep.text == "" && deep.omitted == ["parts nested deeper than 10"])
    let many = "Content-Type: multipart/mixed; boundary=b\n\n" + String(repeating: "--b\n\nx\n", count: 500)
    let found = try content(many)
    #expect(found.text.utf8.filter { $0 == 0x78 }.count == 99 && found.omitted == ["parts beyond 100"])
    var small = MailContent.Limits()
    small.files = 2
    small.text = 5
    #expect(try content(Self.mixed, small).omitted.count == 2)
    #expect(try content(Self.mixed, small).files == [])
  }

  @Test(arguments: [
    ("message/partial; id=x", ""), ("message/external-body; access-type=url", ""),
  ])
  func nothingElsewhere(type: String, text: String) throws {
    let found = try content("Content-Type: \(type)\n\nbody")
    #expect(found.text == text && found.files == [] && found.omitted.count == 1)
  }

  @Test(arguments: [
    ("../../etc/passwd", "passwd"), ("a\\b\\c.exe", "c.exe"), (".bashrc", "bashrc"), ("x\u{1B}[2Jy", "x[2Jy"),
    ("/", "file"),
    (String(repeating: "é", count: 300), String(repeating: "é", count: 100)),
  ])
  func names(name: String, shown: String) throws {
    let encoded = name.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let found = try content(
      "Content-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''\(encoded)\n\nx")
    #expect(found.files.first?.name == shown)
  }

  @Test func unknownEncodingIsAFile() throws {
    let found = try content("Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode\n\nabc")
    #expect(found.text == "" && found.files.first?.bytes == bytes("abc"))
  }

  @Test(arguments: [
    ("<p>Hello <b>you</b></p><p>there</p>", "Hello you\n\nthere"), ("a<br>b<br/>c", "a\nb\nc"),
    ("a<br><br>b", "a\n\nb"),
    ("<style>p{}</style><script>alert('<p>')</script>x", "x"), ("<!-- <p>no</p> -->y", "y"),
    ("1 &lt; 2 &amp;&amp; 3 &#62; &#x32;", "1 < 2 && 3 > 2"),
    ("<div style=\"display: none\">hidden<div>too</div></div>seen", "seen"),
    ("<span hidden>no<br></span>yes", "yes"),
    (
      "<a href=\"https://evil.example/x\">https://bank.example</a>",
      "https://bank.example (https://evil.example/x)"
    ),
    ("<a href='https://a.b/c'>https://a.b/c</a>", "https://a.b/c"),
    ("<a href='javascript:alert(1)'>x</a>", "x"),
    ("<ul><li>one<li>two</ul>", "- one\n- two"), ("<pre>a\n  b</pre>", "a\n  b"),
    ("<table><tr><td>1<td>2<tr><td>3</table>", "1\t2\n3"),
    ("<blockquote>old<blockquote>older</blockquote></blockquote>new", "> old\n>> older\nnew"),
    ("a  \n b", "a b"), ("<", "<"), ("&", "&"), ("&bogus;", "&bogus;"),
    ("<p", ""), ("x<img alt='pic' src='http://track'>y", "xpicy"), ("&#0;&#1114112;", "\u{FFFD}\u{FFFD}"),
    ("<title>t</title>b", "b"),
    ("<p style='font-size:0'>secret</p>open", "open"), ("<script>never closed", ""), ("5 < 6", "5 < 6"),
  ])
  func html(html: String, text: String) throws {
    #expect(try content("Content-Type: text/html; charset=utf-8\n\n\(html)").text == text)
  }

  @Test func flowed() throws {
    let text =
      "Content-Type: text/plain; format=flowed\n\nThis is \none paragraph.\n\n> quoted \n> text\n From here\n-- \nMe"
    #expect(try content(text).text == "This is one paragraph.\n\n> quoted text\nFrom here\n-- \nMe")
    let dropped = "Content-Type: text/plain; format=flowed; delsp=yes\n\n構 \n建"
    #expect(try content(replaced(dropped, "plain;", "plain; charset=utf-8;")).text == "構建")
  }

  @Test(
    arguments: [
      (
        "yes\n\nOn Mon, 1 Jan 2026, Bot <b@c> wrote:\n> allow?\n> code abc", "yes",
        "On Mon, 1 Jan 2026, Bot <b@c> wrote:\nallow?\ncode abc"
      ),
      ("ok\n\n> old\n>\n> text\n", "ok", "old\n\ntext"), ("just text", "just text", nil),
      ("a\n> b\nc", "a\n> b\nc", nil),
      ("new\n-----Original Message-----\nFrom: x\nold", "new", "-----Original Message-----\nFrom: x\nold"),
      (
        "新\n------------------ 原始邮件 ------------------\n旧", "新",
        "------------------ 原始邮件 ------------------\n旧"
      ),
      (
        "new\n\nFrom: x\nSent: y\nTo: z\nSubject: s\n\nold", "new",
        "From: x\nSent: y\nTo: z\nSubject: s\n\nold"
      ),
      ("text\n-- \nMe\nCorp", "text", nil),
      ("On Monday,\nsomebody wrote:\n> q\n\nbelow", "below", "On Monday,\nsomebody wrote:\nq"),
      ("On it.\nBob wrote:\nnothing quoted here", "On it.\nBob wrote:\nnothing quoted here", nil),
      ("好的\n\n张三 <a@b> 于2026年1月1日写道：\n> 旧", "好的", "张三 <a@b> 于2026年1月1日写道：\n旧"), ("", "", nil),
      ("> only\n> quotes", "", "only\nquotes"),
    ] as [(String, String, String?)])
  func replies(whole: String, text: String, quote: String?) {
    let found = QuotedReply(whole)
    #expect(found.text == text)
    #expect(found.quote == quote)
  }

  @Test func garbage() throws {
    var random = SplitMix(state: 7)
    let pieces = [
      "Content-Type: multipart/mixed; boundary=b\r\n", "\r\n", "--b\r\n", "--b--\r\n",
      "Content-Transfer-Encoding: base64\r\n", "=?utf-8?b?",
      "?=", "<div>", "</div>", "<a href=", "\"", "&#x", ";", "=C3", "\n", "> ", "On x wrote:\n", "\u{0}", "ü",
      "(", ":", "<", ">", "@", " ",
      "Content-Type: text/html\r\n",
    ]
    for _ in 0..<2000 {
      let text = (0..<Int(random.next() % 60)).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }
        .joined()
      let found = try content(text)
      _ = QuotedReply(found.text)
      _ = MailAddress.list(bytes(text))
      _ = EncodedWords.decode(bytes(text))
      _ = MailParameters(bytes(text))
      _ = AuthenticationResults(bytes(text))
    }
  }
}
