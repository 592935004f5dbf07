import Console
import Testing

@Suite struct ColumnsTests {
  @Test(
    "text takes the columns that terminals give it",
    arguments: [
      ("", 0), ("a", 1), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("中", 2), ("中文", 4), ("ａ", 2), ("ｱ", 1),
      ("한", 2), ("\u{1112}\u{1161}\u{11AB}", 2), ("あ", 2), ("、", 2), ("😀", 2), ("👨‍👩‍👧", 2), ("👍🏽", 2),
      ("🇨🇳", 2), ("☺", 1), ("☺\u{FE0F}", 2), ("❤\u{FE0F}", 2), ("✈", 1), ("⌚", 2), ("\u{200B}", 0),
      ("\u{7}", 0), ("ก็", 1), ("नि", 1), ("𠀀", 2), ("Ω", 1), ("“", 1), ("…", 1), ("│", 1), ("\u{AD}", 1),
    ])
  func widths(_ text: String, _ columns: Int) { #expect(Columns.of(text) == columns) }

  @Test("a prefix never takes more columns than there are")
  func prefix() {
    #expect(Columns.prefix("a中文", 0) == "")
    #expect(Columns.prefix("a中文", 2) == "a")
    #expect(Columns.prefix("a中文", 3) == "a中")
    #expect(Columns.prefix("a中文", 9) == "a中文")
  }

  @Test("rows are cut after blanks where that leaves them half full, and lose nothing else")
  func wrap() {
    #expect(Columns.wrap("", 5) == [""])
    #expect(Columns.wrap("one two three", 9) == ["one two ", "three"])
    #expect(Columns.wrap("abcdefghij", 4) == ["abcd", "efgh", "ij"])
    #expect(Columns.wrap("a bcdefghij", 8) == ["a bcdefg", "hij"])
    #expect(Columns.wrap("中文字中文字", 5) == ["中文", "字中", "文字"])
    #expect(Columns.wrap("中", 1) == ["中"])
    for columns in 2..<12 {
      for row in Columns.wrap("日本語 and English, 한국어 e\u{301}", columns) {
        #expect(Columns.of(row) <= columns)
      }
    }
  }

  @Test("what is typed is laid out with its cursor")
  func rows() {
    func lay(_ text: String, _ cursor: Int, _ columns: Int = 10, _ height: Int = 5) -> EditorRows {
      EditorRows(Array(text), cursor: cursor, prompt: "> ", columns: columns, height: height)
    }
    #expect(lay("", 0).rows == ["> "] && lay("", 0).beforeCursor == "> ")
    #expect(lay("12345678", 8).rows == ["> 12345678", "  "] && lay("12345678", 8).cursorRow == 1)
    #expect(lay("12345678", 7).rows == ["> 12345678"])
    #expect(lay("123456789", 8).beforeCursor == "  ")
    #expect(lay("1234567中", 8).rows == ["> 1234567", "  中"])
    #expect(lay("a\nb", 1).beforeCursor == "> a" && lay("a\nb", 2).beforeCursor == "  ")
    #expect(lay("a\n", 2).rows == ["> a", "  "] && lay("a\n", 2).cursorRow == 1)
    #expect(lay("\u{1}\u{9B}\t\u{202E}", 0, 40).rows == ["> ^A\\u{9B}    \\u{202E}"])
    // Of a long text, the rows around the cursor.
    let long = lay((0..<100).map { "\($0)" }.joined(separator: "\n"), 100, 10, 5)
    #expect(long.rows.count == 5 && long.rows[long.cursorRow].hasPrefix(long.beforeCursor))
    #expect(lay("1\n2\n3\n4\n5\n6", 11, 10, 3).rows == ["^ 4", "  5", "  6"])
  }
}
