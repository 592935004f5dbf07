internal import Console
package import Delivery
internal import Glibc
package import Journal
package import Stage
internal import System

/// A program per delivery: the line on its standard input; its exit status decides.
///
/// 0: delivered, and what it printed is the platform's id. 75: try again. Anything else: refused.
package final class ProgramTarget: Messenger {
  private let words: [String]
  private unowned let stage: Stage
  private var runs: [ObjectIdentifier: ProgramDelivery] = [:]

  /// A program with its arguments, as an operand names it.
  ///
  /// - Throws: `Failure` when it names none.
  package init(_ program: String, stage: Stage) throws {
    words = try ProgramWords.split(program)
    self.stage = stage
  }

  package func send(_ deliveries: [Delivery], report: @escaping (Int, Outcome) throws -> Void) throws {
    for (index, delivery) in deliveries.enumerated() {
      do {
        let run = try ProgramDelivery(words, delivery.line + [0x0A], stage)
        runs[ObjectIdentifier(run)] = run
        run.onEnd = { [unowned self, unowned run] outcome in
          runs[ObjectIdentifier(run)] = nil
          try report(index, outcome)
        }
      } catch let error as SystemError {
        let passes = [EAGAIN, ENOMEM, EMFILE, ENFILE, ETXTBSY].contains(error.errno)
        try report(index, passes ? .postponed(reason: "\(error)", after: nil) : .refused(reason: "\(error)"))
      }
    }
  }

  package func cancel() { for run in runs.values { run.cancel() } }
}

/// One run of the program.
private final class ProgramDelivery {
  var onEnd: (Outcome) throws -> Void = { _ in }

  private let name: String
  private let child: Child
  private let loop: EventLoop
  private let feeder: InputFeeder?
  private var printed: [UInt8] = []
  private var watches: [EventLoop.Watch] = []
  private var timer: EventLoop.Timer?
  private var isLate = false

  /// A platform that has not answered by then is asked again later.
  private static let limit: Int64 = 60_000

  init(_ words: [String], _ input: [UInt8], _ stage: Stage) throws {
    name = words[0]
    child = try Child(words, environment: ProcessGuard.environment, input: .pipe, output: .pipe)
    loop = stage.loop
    feeder = child.input.map { InputFeeder(input, to: $0, loop: stage.loop) }
    if let output = child.output {
      watches.append(
        loop.watch(output.number) { [unowned self] in
          guard let bytes = try output.read(upTo: 4096, subject: name) else { return }
          if bytes.isEmpty { watches.first { $0.fd == output.number }?.cancel() }
          if printed.count < 4096 { printed += bytes }
        })
    }
    watches.append(loop.watch(child.ended.number) { [unowned self] in try ended() })
    timer = loop.after(Self.limit) { [unowned self] in
      isLate = true
      end(patience: 5000)
    }
  }

  func cancel() { end(patience: 1000) }

  private func end(patience: Int64) {
    ProcessTree.signal(SIGTERM, below: child.pid)
    timer?.cancel()
    timer = loop.after(patience) { [unowned self] in ProcessTree.signal(SIGKILL, below: child.pid) }
  }

  private func ended() throws {
    guard let status = child.reap() else { return }
    // What is still in its pipe was printed before it ended.
    while let rest = try child.output?.read(upTo: 4096, subject: name), !rest.isEmpty, printed.count < 8192 {
      printed += rest
    }
    for watch in watches { watch.cancel() }
    feeder?.cancel()
    timer?.cancel()
    let id = String(
      decoding: printed.prefix { $0 != 0x0A }.prefix(512).filter { $0 >= 0x20 && $0 != 0x7F }, as: UTF8.self)
    switch status {
    case _ where isLate: try onEnd(.postponed(reason: "\(name) did not end within a minute", after: nil))
    case .exited(0): try onEnd(.delivered(proof: id.isEmpty ? "accepted" : id))
    case .exited(ExitCode.temporary.number):
      try onEnd(.postponed(reason: "\(name): exit status 75", after: nil))
    case .exited: try onEnd(.refused(reason: "\(name): \(status)"))
    // A program that was killed has not decided anything.
    case .signalled: try onEnd(.postponed(reason: "\(name): ended by \(status)", after: nil))
    }
  }
}
