package import Delivery
package import Journal
package import Stage
internal import System

/// Standard output: the text of each reply, for a person or a program that reads text.
package final class StdoutTarget: Messenger {
  package let batch = 500
  package let keepsOneOrder = true
  private let output: OutputWriter
  private var waiting: [(position: Int64, report: () throws -> Void)] = []

  /// Standard output of a stage.
  package init(_ stage: Stage) {
    output = stage.output
    stage.loop.beforeWait { [weak self] in try self?.reportWritten() }
  }

  package func send(_ deliveries: [Delivery], report: @escaping (Int, Outcome) throws -> Void) throws {
    for (index, delivery) in deliveries.enumerated() {
      output.append(Array((delivery.text + "\n").utf8))
      waiting.append(
        (output.appended, { try report(index, .delivered(proof: "written to standard output")) }))
    }
    try reportWritten()
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
