import JSON
import Testing

@Suite struct WriterTests {
  @Test func commas() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("a", "x")
    writer.member("none", Optional<String>.none)
    writer.member("b", 2)
    writer.member("c", true)
    writer.member("d", .null)
    writer.name("e")
    writer.beginArray()
    writer.value(1)
    writer.value("y")
    writer.beginObject()
    writer.endObject()
    writer.null()
    writer.beginArray()
    writer.endArray()
    writer.raw("1.50".utf8)
    writer.raw("2".utf8.span)
    writer.value(false)
    writer.endArray()
    let name = "f\""
    writer.name(name)
    writer.value(["g": [1, -2], "h": nil] as JSONValue)
    writer.endObject()
    writer.newline()
    writer.value(Int.min)
    let expected =
      #"{"a":"x","b":2,"c":true,"d":null,"e":[1,"y",{},null,[],1.50,2,false],"#
      + #""f\"":{"g":[1,-2],"h":null}}"# + "\n-9223372036854775808"
    #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    writer.removeAll(keepingCapacity: true)
    writer.value(1)
    #expect(writer.bytes == [0x31])
  }

  @Test(
    "only what must be is escaped",
    arguments: [
      ("", #""""#), ("a/b", #""a/b""#), ("\"\\", #""\"\\""#),
      ("\u{8}\u{c}\n\r\t", #""\b\f\n\r\t""#), ("\u{0}\u{1f}\u{7f}", #""\u0000\u001f\u007f""#),
      ("\u{2028}x\u{2029}", #""\u2028x\u2029""#), ("\u{2027}\u{202a}€", "\"\u{2027}\u{202a}€\""),
      ("日本語😀é", "\"日本語😀é\""), ("1234567\"1234567\"", #""1234567\"1234567\"""#),
      ("今天天气很好\n今天天气很好", #""今天天气很好\n今天天气很好""#),
    ])
  func escapes(text: String, json: String) throws {
    var writer = JSONWriter()
    writer.value(text)
    #expect(Array(json.utf8) == writer.bytes)
    #expect(try JSONReader.parse(writer.bytes) == .string(text))
  }
}
