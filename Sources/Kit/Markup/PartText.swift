/// Makes a slice of a source a text of its own.
struct PartText {
  let map: SourceMap
  let slice: Range<Int>
  let limit: Int

  func text() -> String {
    let first = map.line(at: slice.lowerBound)
    let last = map.line(at: slice.upperBound - 1)
    let isWhole = map.starts[first] == slice.lowerBound
    var out: [UInt8] = []
    out.reserveCapacity(slice.count + 64)
    var line = first
    if let code = map.code(first) {
      line = reopen(code, from: first, isWhole: isWhole, to: &out)
    } else if let grid = map.grid(first), isWhole, first > grid.rows.lowerBound {
      if grid.head.utf8.count <= limit / 4 { out += grid.head.utf8 }
    } else if !isWhole {
      out += map.quote(first).utf8
    }
    let open = openItems(at: first)
    while line <= last {
      let start = max(slice.lowerBound, map.starts[line])
      let end = min(slice.upperBound, map.starts[line + 1])
      let stripped = isWhole || line > first ? indent(of: line, open) : 0
      out += map.bytes[min(end, start + stripped)..<end]
      line += 1
    }
    close(last, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// Begins a block of code again and writes what the slice has of it: the line behind it.
  private func reopen(_ code: SourceMap.Code, from first: Int, isWhole: Bool, to out: inout [UInt8]) -> Int {
    var line = first
    // Its last fence alone, which the part before has written itself.
    guard first < code.content.upperBound else { return code.end }
    out += (code.quote + code.ownFence + code.info + "\n").utf8
    while line < code.content.upperBound, map.starts[line] < slice.upperBound {
      out += code.quote.utf8
      if line == first, !isWhole {
        out += map.bytes[slice.lowerBound..<min(slice.upperBound, map.starts[line + 1])]
      } else if map.starts[line + 1] <= slice.upperBound {
        out += code.lines[line - code.content.lowerBound].utf8
        out.append(10)
      } else {
        let whole = map.starts[line + 1] - map.starts[line]
        let own = code.lines[line - code.content.lowerBound].utf8.count
        // The line feed of the source is not in the line.
        let before = max(0, whole - own - (map.bytes[map.starts[line + 1] - 1] == 10 ? 1 : 0))
        let start = max(slice.lowerBound, min(map.starts[line] + before, slice.upperBound))
        out += map.bytes[start..<slice.upperBound]
      }
      line += 1
    }
    if line == code.content.upperBound, slice.upperBound >= map.starts[line] || line == map.count {
      if out.last != 10 { out.append(10) }
      out += (code.quote + code.ownFence + "\n").utf8
      return code.end
    }
    if out.last != 10 { out.append(10) }
    out += (code.quote + code.ownFence).utf8
    return map.count
  }

  /// Closes a block of code that the slice has begun and does not end.
  private func close(_ last: Int, to out: inout [UInt8]) {
    guard let code = map.code(last), slice.lowerBound < map.starts[code.content.lowerBound] else { return }
    guard last < code.content.upperBound, slice.upperBound < map.bytes.count else { return }
    if out.last != 10 { out.append(10) }
    out += code.closing.utf8
    out += code.fence.utf8
  }

  /// The items that the slice begins inside of, but not with, the innermost first.
  private func openItems(at first: Int) -> [SourceMap.Item] {
    let isWhole = map.starts[first] == slice.lowerBound
    return map.items(around: first).filter { $0.lines.lowerBound < first || !isWhole }
  }

  /// How many blanks at the beginning of a line are those of a list that the slice does not begin.
  private func indent(of line: Int, _ open: [SourceMap.Item]) -> Int {
    guard let item = open.first(where: { $0.lines.contains(line) }) else { return 0 }
    let start = map.starts[line]
    let blanks = map.bytes[start..<map.starts[line + 1]].prefix { $0 == 0x20 }.count
    return min(item.indent, blanks)
  }
}
