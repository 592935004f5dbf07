/// Chinese: jobs.
extension Chinese {
  package func say(_ phrase: JobPhrase) -> String {
    switch phrase {
    case .begun(let n, true): "任务 \(n) 开始。结果会发到这里；/job check \(n) 查看进展。"
    case .begun(let n, false):
      "任务 \(n) 已记下，但目前没有人运行任务。有了管道 'agim-recv job | agim-run | agim-send' 后就会开始，见 agim-recv(1)。"
    case .tooMany(let count): "您有 \(count) 个任务尚未结束，这个没有开始。"
    case .noJobs: "没有任务。/job run 内容 开始一个。"
    case .unknown(let n): "这里没有任务 \(n)。/job 列出全部。"
    case .line(let n, let standing, let minutes, let agent, let title):
      "\(n)  \(Self.standing(standing))  \(minutes) 分钟  \(agent)  \(title)"
    case .output(let text): "最近的输出：\n\(text)"
    case .nothingYet: "还没有输出。"
    case .log: "最近做了什么："
    case .stillWorks(let n): "任务 \(n) 尚未结束；/job check \(n) 查看进展。"
    case .cancelled(let n): "任务 \(n) 已取消。"
    case .ending(let n): "已让任务 \(n) 停止。"
    case .isOver(let n): "任务 \(n) 已经结束。"
    case .runsAgain(let n): "任务 \(n) 重新运行。"
    case .notInterrupted(let n): "任务 \(n) 没有被中断。"
    case .joined(let n, let agent): "\(agent) 在这里接着任务 \(n) 继续。/job switch main 返回。"
    case .joinedMain: "已回到本会话原来的内容。"
    case .isMain: "本会话不在任何任务中。"
    case .nothingToJoin(let n, let agent): "\(agent) 没有保留任务 \(n) 的会话，无从继续。"
    case .notYours(let n): "任务 \(n) 是别人的。"
    case .tooLong: "内容太长，不能作为任务；请以文件发送。"
    }
  }

  private static func standing(_ standing: JobStanding) -> String {
    switch standing {
    case .waiting: "等待中"
    case .running: "运行中"
    case .ending: "正在停止"
    case .done: "完成"
    case .cancelled: "已取消"
    case .interrupted: "被中断"
    case .failed(let why): "失败（\(why)）"
    }
  }
}
