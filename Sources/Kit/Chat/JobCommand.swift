/// What somebody wants of work in the background.
package enum JobCommand: Equatable, Sendable {
  /// To see what there is.
  case list
  /// To begin some.
  case run(String)
  /// How far a job is.
  case check(Int64)
  /// To end a job.
  case cancel(Int64)
  /// What a job has put out; nil: the one that ended last.
  case collect(Int64?)
  /// To go on in this conversation with what a job's agent knows; nil: back to what was before.
  case join(Int64?)
  /// To run an interrupted one again.
  case retry(Int64)

  /// Reads what stands behind a command, whose name may say what to do; nil where it is none.
  package init?(_ name: String, _ argument: String) {
    let isShort = ["check", "cancel", "switch", "collect"].contains(name)
    let (word, rest) = isShort ? (name, argument) : ChatText.split(argument)
    let number = Int64(rest.hasPrefix("#") ? String(rest.dropFirst()) : rest).flatMap { $0 > 0 ? $0 : nil }
    switch (word.lowercased(), number) {
    case ("", _), ("list", nil), ("列表", nil):
      guard rest.isEmpty else { return nil }
      self = .list
    case ("run", _), ("create", _), ("运行", _), ("新建", _):
      guard !rest.isEmpty else { return nil }
      self = .run(rest)
    case ("check", let number?), ("查看", let number?): self = .check(number)
    case ("cancel", let number?), ("取消", let number?): self = .cancel(number)
    case ("retry", let number?), ("重试", let number?): self = .retry(number)
    case ("switch", let number?), ("切换", let number?): self = .join(number)
    case ("switch", nil), ("切换", nil):
      guard rest.lowercased() == "main" else { return nil }
      self = .join(nil)
    case ("collect", let number), ("结果", let number):
      guard number != nil || rest.isEmpty else { return nil }
      self = .collect(number)
    default: return nil
    }
  }
}

/// Where a job stands.
package enum JobStanding: Equatable, Sendable {
  case waiting, running, done, cancelled, interrupted
  /// It is about to end, because somebody wants that.
  case ending
  /// How it failed, by its code or the reason of its message.
  case failed(String)
}

/// What is said about jobs.
package enum JobPhrase: Equatable, Sendable {
  case begun(Int64, isServed: Bool)
  case tooMany(Int)
  case noJobs
  case unknown(Int64)
  case line(Int64, JobStanding, minutes: Int, agent: String, title: String)
  case output(String)
  case nothingYet
  case log
  case stillWorks(Int64)
  case cancelled(Int64)
  case ending(Int64)
  case isOver(Int64)
  case runsAgain(Int64)
  case notInterrupted(Int64)
  case joined(Int64, agent: String)
  case joinedMain
  case isMain
  case nothingToJoin(Int64, agent: String)
  case notYours(Int64)
  case tooLong
}
