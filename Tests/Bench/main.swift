// Writes the Markdown of standard input in a platform's form, cut into parts as it would be sent, or tells
// how long that takes. Not installed: for Benchmarks/bench.py.
//
// usage: bench-markup FORM <text            writes the form
//        bench-markup --time ROUNDS <text   a line for each form: its name, the best milliseconds, its parts

import Markup
import System

private let splitters: [(String, TextSplitter, (Markdown) -> String)] = [
  ("telegram", .telegram, { $0.telegramHTML }),
  ("feishu", .feishuCard, { $0.feishuMarkdown }),
  ("slack", .slack, { $0.slack }),
  ("discord", .discord, { $0.discord }),
  ("dingtalk", .dingtalk, { $0.dingtalk }),
  ("wecom", .wecom, { $0.wecom }),
  ("ntfy", .ntfy, { $0.commonMark }),
  ("email", TextSplitter(limit: .max) { _ in 0 }, { $0.emailHTML + $0.emailText }),
  ("plain", TextSplitter(limit: .max) { _ in 0 }, { $0.plain }),
]

private func read() throws(SystemError) -> String {
  let input = Descriptor(0)
  var bytes: [UInt8] = []
  while let piece = try input.read(upTo: 1 << 16, subject: "standard input"), !piece.isEmpty {
    bytes += piece
  }
  return String(decoding: bytes, as: UTF8.self)
}

private let source = try read()
private let words = CommandLine.arguments.dropFirst()
if words.first == "--time", let rounds = words.last.flatMap({ Int($0) }) {
  for (name, splitter, form) in splitters {
    var best = Duration.seconds(3600)
    var parts = 0
    for _ in 0..<rounds {
      let took = ContinuousClock().measure {
        let pieces = splitter.split(source)
        parts = pieces.count
        for piece in pieces { _ = form(Markdown(piece.markdown)) }
      }
      best = min(best, took)
    }
    let (seconds, attoseconds) = best.components
    print(name, Double(seconds) * 1e3 + Double(attoseconds) / 1e15, parts)
  }
} else if let chosen = splitters.first(where: { $0.0 == words.first }) {
  for piece in chosen.1.split(source) { print(chosen.2(Markdown(piece.markdown))) }
} else {
  print("usage: bench-markup FORM | --time ROUNDS <text")
}
