/// Texts that every JSON reader must accept, and texts that the strict one must refuse.
enum Corpus {
  /// Valid texts, as values; the tests also put each into an object.
  static let accepted: [String] = numbersAccepted + stringsAccepted + structuresAccepted

  /// Invalid texts, with a part of the message.
  static let refused: [(text: String, message: String)] =
    numbersRefused + stringsRefused + structuresRefused

  static let numbersAccepted: [String] = [
    "0", "-0", "1", "-1", "10", "123", "9007199254740993", "12345678901234567890123456789",
    "0.1", "-0.0", "1.5", "100.001", "0e0", "0E+5", "1e3", "1E3", "1e+3", "1e-3", "1.25e10",
    "-1.25E-10", "1e999", "0.000000000000000000000000000001", "123456789.123456789",
  ]

  static let stringsAccepted: [String] = [
    #""""#, #""a""#, #"" ""#, #""12345678""#, #""1234567""#, #""123456789""#,
    #""\"\\\/\b\f\n\r\t""#, #""\u0000""#, #""\u001f\u007F""#, #""\u00e9""#, #""\u20AC""#,
    #""\ud83d\ude00""#, #""\uD83D\uDE00x""#, #""\udbff\udfff""#, #""\ud7ff\ue000""#,
    #""\uffff""#, #""a\\""#, #""\\\\\\\\""#, #""\u005C\u0022""#, "\"é\"", "\"日本語\"",
    "\"今天天气很好今天天气很好\"", "\"😀😀\"", "\"\u{7f}\"", "\"\u{2028}\u{2029}\"",
    "\"\u{FEFF}\"", "\"\u{FFFF}\"", "\"\u{10FFFF}\"", "\"\u{800}\u{FFF}\u{D7FF}\u{E000}\"",
    "\"a/b\"", "\"[{:,}]\"", #""// no comment""#, "\"\u{e9}\u{65e5}\u{1f600}x\u{1f600}\"",
  ]

  static let structuresAccepted: [String] = [
    "true", "false", "null", "[]", "{}", "[ ]", "{ }", "[1]", "[1,2]", "[[]]", "[[],[]]", "[{}]",
    #"{"a":1}"#, #"{"a":1,"b":2}"#, #"{"":0}"#, #"{"a":{"a":{"a":1}}}"#, #"{"a":[{"b":[]},{}]}"#,
    "\t[ 1\t,\r2 ] ", #" { "a" : [ true , false , null ] , "b" : { } } "#,
    #"{"a":1,"A":2}"#, #"{"é":1,"e\u0301":2}"#, "{\"\u{e9}\":1,\"e\u{301}\":2}",
    #"{"a":1,"a\u0000":2}"#, #"{"longname1":1,"longname2":2}"#, #"["",0,{},[],null]"#,
    #"{"\u0061":1,"b":2}"#,
  ]

  static let numbersRefused: [(text: String, message: String)] = [
    ("-", "a digit"), ("+1", "a value"), (".5", "a value"), ("1.", "a digit"), ("-.5", "a digit"),
    ("01", "leading zero"), ("-01", "leading zero"), ("00", "leading zero"), ("1e", "a digit"),
    ("1e+", "a digit"), ("1.e5", "a digit"), ("1.5.5", "nothing more"), ("1e5.5", "nothing more"),
    ("0x1F", "nothing more"), ("1_000", "nothing more"), ("1 2", "nothing more"),
    ("--1", "a digit"), ("- 1", "a digit"), ("NaN", "true, false or null"),
    ("Infinity", "true, false or null"), ("-Infinity", "a digit"), ("1a", "nothing more"),
    ("\u{ff11}", "a value"),
  ]

  static let stringsRefused: [(text: String, message: String)] = [
    ("\"", "end of a string"), ("\"a", "end of a string"), (#""a\"#, "after a backslash"),
    (#""a\""#, "end of a string"), (#""\x41""#, "after a backslash"), (#""\'""#, "after a backslash"),
    (#""\0""#, "after a backslash"), (#""\u""#, "hexadecimal"), (#""\u12""#, "hexadecimal"),
    (#""\u123""#, "hexadecimal"), (#""\u123g""#, "hexadecimal"), (#""\U0041""#, "after a backslash"),
    (#""\u+123""#, "hexadecimal"), (#""\ud800""#, "surrogate"), (#""\udc00""#, "surrogate"),
    (#""\ud83d\ud83d""#, "surrogate"), (#""\ud83dx""#, "surrogate"), (#""\ud83d\n""#, "surrogate"),
    (#""\ude00\ud83d""#, "surrogate"), (#""\ud83d\u""#, "hexadecimal"), (#""\ud83d""#, "surrogate"),
    ("\"\n\"", "control characters"), ("\"\t\"", "control characters"),
    ("\"\u{0}\"", "control characters"), ("\"\u{1f}\"", "control characters"),
    ("\"1234567\u{1}12345678\"", "control characters"), ("'a'", "a value"), ("\u{201c}a\u{201d}", "a value"),
    ("\"a\" \"b\"", "nothing more"),
  ]

  static let structuresRefused: [(text: String, message: String)] = [
    ("", "a value"), (" ", "a value"), ("[", "a value"), ("]", "a value"), ("{", "member name"),
    ("}", "a value"), ("[1", "',' or ']'"), ("[1,", "a value"), ("[1,]", "a value"), ("[,1]", "a value"),
    ("[1,,2]", "a value"), ("[1 2]", "',' or ']'"), ("[1}", "',' or ']'"), ("[1]]", "nothing more"),
    (#"{"a""#, "':'"), (#"{"a":"#, "a value"), (#"{"a":1"#, "',' or '}'"), (#"{"a":1,"#, "member name"),
    (#"{"a":1,}"#, "member name"), (#"{,"a":1}"#, "member name"), (#"{"a" 1}"#, "':'"),
    (#"{"a",1}"#, "':'"), (#"{"a":1 "b":2}"#, "',' or '}'"), (#"{"a":1]"#, "',' or '}'"),
    (#"{a:1}"#, "member name"), (#"{1:1}"#, "member name"), (#"{null:1}"#, "member name"),
    (#"{"a":}"#, "a value"), (#"{"a"::1}"#, "a value"), (#"{"a":1}}"#, "nothing more"),
    (#"{"a":1}{"b":2}"#, "nothing more"), (#"{"a":1},"#, "nothing more"), ("tru", "'tru'"),
    ("True", "'True'"), ("nul", "'nul'"), ("fals", "'fals'"), ("undefinedly", "'undefine'"),
    ("truex", "nothing more"), ("[true false]", "',' or ']'"), ("// c\n1", "a value"), ("/* */1", "a value"),
    ("1 // c", "nothing more"), ("\u{FEFF}1", "byte order mark"), ("\u{0}", "a value"),
    ("1\u{0}", "nothing more"), ("\u{b}1", "a value"), ("\u{a0}1", "a value"), ("\u{c}[]", "a value"),
    (#"{"a":1,"a":2}"#, "found \"a\" again"), (#"{"id":1,"\u0069d":2}"#, "again"),
    (#"{"\u0069d":1,"id":2}"#, "again"), (#"{"\u0069d":1,"i\u0064":2}"#, "again"),
    (#"{"longname1":1,"longname1":2}"#, "again"), (#"{"":1,"":2}"#, "again"),
    (#"{"😀":1,"\ud83d\ude00":2}"#, "again"),
  ]

  /// Strings whose bytes between the quotes are not UTF-8.
  static let invalidUTF8: [[UInt8]] = [
    [0x80], [0xbf], [0xc0, 0xaf], [0xc1, 0x81], [0xc3], [0xc3, 0x28], [0xe0, 0x80, 0x80],
    [0xe0, 0x9f, 0xbf], [0xe4, 0xbd], [0xe4, 0xbd, 0x41], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf],
    [0xf0, 0x80, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf], [0xf0, 0x9f, 0x98], [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80, 0x80, 0x80], [0xff], [0xfe], [0xe4, 0xbd, 0xa0, 0x80],
    // The same at both places of the loop that reads two three-byte sequences at once.
    [0xe0, 0x80, 0x80, 0xe4, 0xbd, 0xa0], [0xe4, 0xbd, 0xa0, 0xe0, 0x80, 0x80],
    [0xed, 0xa0, 0x80, 0xe4, 0xbd, 0xa0], [0xe4, 0xbd, 0xa0, 0xed, 0xa0, 0x80],
    [0xe4, 0xbd, 0xa0, 0xe4, 0xbd], [0xe4, 0xbd, 0xa0, 0xe4, 0x22, 0xa0],
  ]
}

/// A small generator with a fixed seed (SplitMix64), so that a failure comes back.
struct Dice: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
