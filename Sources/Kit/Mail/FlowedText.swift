/// Paragraphs that a mail program has cut into lines (format=flowed, RFC 3676).
enum FlowedText {
  /// The text with each paragraph on a line of its own.
  static func joined(_ text: String, dropsSpace: Bool) -> String {
    var out: [(depth: Int, line: [UInt8])] = []
    var isOpen = false
    for line in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let depth = line.prefix { $0 == UInt8(ascii: ">") }.count
      var content = Array(line.dropFirst(depth))
      // A space that keeps a line from looking like a quote.
      if content.first == 0x20 { content.removeFirst() }
      let isSignature = content == Array("-- ".utf8)
      let flows = content.last == 0x20 && !isSignature
      if flows, dropsSpace { content.removeLast() }
      if isOpen, !isSignature, let last = out.last, last.depth == depth {
        out[out.count - 1].line += content
      } else {
        out.append((depth, content))
      }
      isOpen = flows
    }
    let lines = out.map { depth, line in
      depth == 0 ? line : [UInt8](repeating: UInt8(ascii: ">"), count: depth) + [0x20] + line
    }
    return String(decoding: Array(lines.joined(separator: [0x0A])), as: UTF8.self)
  }
}
