package import Delivery
internal import Glibc
package import Journal
package import Stage
internal import Store
internal import System
internal import Text

/// Standard output: the text of each reply, for a person or a program that reads text.
package final class StdoutTarget: Messenger {
  package let batch = 3000
  package let keepsOneOrder = true
  private let output: OutputWriter
  private var waiting: [(position: Int64, report: () throws -> Void)] = []
  /// On a terminal, the reply that is being shown as it grows, and how much of it stands there.
  private var growing: (id: String, shown: String)?
  private let isTerminal = isatty(1) == 1

  /// Standard output of a stage.
  package init(_ stage: Stage) {
    output = stage.output
    stage.loop.beforeWait { [weak self] in try self?.reportWritten() }
  }

  package func send(_ deliveries: [Delivery], report: @escaping (Int, Outcome) throws -> Void) throws {
    for (index, delivery) in deliveries.enumerated() {
      output.append(Array((rest(of: shown(delivery.text), id: delivery.row.id) + "\n").utf8))
      growing = nil
      waiting.append(
        (output.appended, { try report(index, .delivered(proof: "written to standard output")) }))
    }
    try reportWritten()
  }

  package func show(_ growing: Growing) {
    var text = shown(growing.text)
    // The end of the final text may have fewer of them.
    while text.last?.isNewline == true { text.removeLast() }
    guard isTerminal, !text.isEmpty else { return }
    output.append(Array(rest(of: text, id: growing.id).utf8))
    self.growing = (growing.id, text)
  }

  /// A terminal obeys some characters; a program gets them all.
  private func shown(_ text: String) -> String { isTerminal ? displayEscaped(text) : text }

  /// What is still to be written of a text so that all of it stands there.
  private func rest(of text: String, id: String) -> String {
    guard let growing else { return text }
    if growing.id == id, text.hasPrefix(growing.shown) { return String(text.dropFirst(growing.shown.count)) }
    // Another reply comes between, or the text is not what it was: begin on a line of its own.
    return "\n" + text
  }

  /// Only what has left the process was delivered.
  private func reportWritten() throws {
    guard !waiting.isEmpty else { return }
    try output.pump()
    let done = waiting.prefix { $0.position <= output.written }
    waiting.removeFirst(done.count)
    for entry in done { try entry.report() }
  }
}
