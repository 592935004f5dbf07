/// English: jobs.
extension English {
  package func say(_ phrase: JobPhrase) -> String {
    switch phrase {
    case .begun(let n, true): "Job \(n) begins. Its answer comes here; /job check \(n) shows how far it is."
    case .begun(let n, false):
      "Job \(n) is noted, but nobody runs jobs now. It begins once there is a pipeline 'agim-recv job | agim-run | "
        + "agim-send', see agim-recv(1)."
    case .tooMany(let count): "\(count) of your jobs are not finished; this one was not begun."
    case .noJobs: "There are no jobs. /job run TEXT begins one."
    case .unknown(let n): "There is no job \(n) here. /job lists them."
    case .line(let n, let standing, let minutes, let agent, let title):
      "\(n)  \(Self.standing(standing))  \(minutes) min  \(agent)  \(title)"
    case .output(let text): "What it has put out last:\n\(text)"
    case .nothingYet: "It has put out nothing yet."
    case .log: "What it did last:"
    case .stillWorks(let n): "Job \(n) is not finished; /job check \(n) shows how far it is."
    case .cancelled(let n): "Job \(n) is cancelled."
    case .ending(let n): "Job \(n) is told to stop."
    case .isOver(let n): "Job \(n) has ended already."
    case .runsAgain(let n): "Job \(n) is run again."
    case .notInterrupted(let n): "Job \(n) was not interrupted."
    case .joined(let n, let agent):
      "\(agent) goes on here from job \(n). /job switch main leads back."
    case .joinedMain: "Back where this conversation was."
    case .isMain: "This conversation is in no job."
    case .nothingToJoin(let n, let agent):
      "\(agent) has kept no session of its own of job \(n), so there is nothing to go on from."
    case .notYours(let n): "Job \(n) belongs to somebody else."
    case .tooLong: "The text is too long for a job; send it as a file."
    }
  }

  private static func standing(_ standing: JobStanding) -> String {
    switch standing {
    case .waiting: "waiting"
    case .running: "running"
    case .ending: "stopping"
    case .done: "done"
    case .cancelled: "cancelled"
    case .interrupted: "interrupted"
    case .failed(let why): "failed (\(why))"
    }
  }
}
