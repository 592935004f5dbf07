import Console
import Testing

@testable import Settings

@Suite struct EnvFileTests {
  @Test("lines are read as a shell reads them")
  func lines() throws {
    let text = """
      # comment
        # another

      A=plain
      export B=exported
      \texport\tC=x
      D='single $x \\n "q"'
      E="double \\"q\\" \\$x \\\\ \\n 'y'"   # comment
      F=
      G="" # nothing
      H=a#b c
      I=value   # comment
      J=  # only a comment
      K=https://x/?a=b&c=$d
      _L9=é
      M=last\r
      A=again
      export=1
      """
    let expected = [
      "A": "again", "B": "exported", "C": "x", "D": "single $x \\n \"q\"", "E": "double \"q\" $x \\ \\n 'y'",
      "F": "",
      "G": "", "H": "a#b c", "I": "value", "J": "", "K": "https://x/?a=b&c=$d", "_L9": "é", "M": "last",
      "export": "1",
    ]
    #expect(try EnvFile.parse(Array(text.utf8)) == expected)
  }

  @Test(
    "a line that is wrong is named by its number, never by its value",
    arguments: [
      ("hunter2", "env:2: expected KEY=value, found no '='"),
      ("1A=hunter2", "env:2: expected a name of letters, digits and '_' right before '='"),
      ("A B=hunter2", "env:2: expected a name of letters, digits and '_' right before '='"),
      ("A =hunter2", "env:2: expected a name of letters, digits and '_' right before '='"),
      ("=hunter2", "env:2: expected a name of letters, digits and '_' right before '='"),
      ("A= hunter2", "env:2: expected the value right after '='"),
      ("A='hunter2", "env:2: expected a closing quote at the end of the value"),
      ("A=\"hunter2\\\"", "env:2: expected a closing quote at the end of the value"),
      ("A='hunter2'x", "env:2: expected nothing after the closing quote"),
      ("A='hunter2'#x", "env:2: expected nothing after the closing quote"),
      ("A=hunter'2'", "env:2: expected quotes around the whole value or none"),
      ("A=hunter2\0", "env:2: expected text, found a control character"),
      ("A=hunter2\u{7f}", "env:2: expected text, found a control character"),
      ("AGIM_HOME=/hunter2", "env:2: AGIM_HOME has no effect here"),
    ])
  func mistakes(line: String, message: String) {
    #expect(failure { try EnvFile.parse(Array("# first\n\(line)\nB=1\n".utf8)) }?.message == message)
    #expect(failure { try settings(nil, env: "# first\n\(line)") }?.code == .configuration)
  }

  @Test func bytes() {
    #expect(
      failure { try EnvFile.parse([0x41, 0x3D, 0xFF]) }?.message == "env:1: expected UTF-8, found other bytes"
    )
    let long = [UInt8](repeating: 0x0A, count: EnvFile.limit + 1)
    #expect(
      failure { try EnvFile.parse(long) }?.message == "env:1: expected at most 65536 bytes, found 65537")
    #expect(throws: Never.self) { try EnvFile.parse(long.dropLast()) }
  }
}
