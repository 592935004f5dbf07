internal import Settings

/// What is said of jobs by who runs them.
enum JobWords {
  /// What stands before the reply.
  static func heading(_ job: JobFiles, _ language: Language) -> String {
    switch language {
    case .en: "Job \(job.n), \(job.title):\n\n"
    case .zh: "任务 \(job.n)，\(job.title)：\n\n"
    }
  }

  /// That it was cancelled before it began.
  static func cancelled(_ job: JobFiles, _ language: Language) -> String {
    switch language {
    case .en: "It was cancelled before it began."
    case .zh: "尚未开始就被取消了。"
    }
  }

  /// That its process died.
  static func interrupted(_ n: Int64, _ language: Language) -> String {
    switch language {
    case .en:
      "Job \(n) was interrupted, and it is not known how far it came. Nothing is run again unasked: "
        + "/job retry \(n) does; /job check \(n) shows what there is."
    case .zh: "任务 \(n) 被中断，进行到哪一步不得而知。不会自动重跑：/job retry \(n) 重新运行，/job check \(n) 查看已有内容。"
    }
  }
}
