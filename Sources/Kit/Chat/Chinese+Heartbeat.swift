/// Chinese: heartbeats.
extension Chinese {
  package func say(_ phrase: HeartbeatPhrase) -> String {
    switch phrase {
    case .noHeartbeats: "本聊天没有配置心跳；见 agim-config(5) 的 \"heartbeats\"。"
    case .line(let name, let isOn, let schedule, let looked, let found):
      "\(name)  \(isOn ? "开" : "关")  \(schedule)" + (looked.map { "  上次检查 \($0)" } ?? "")
        + (found.map { "  上次有发现 \($0)" } ?? "")
    case .unknown(let name): "本聊天没有配置名为 \(name) 的心跳。"
    case .turnedOn(let name, let schedule): "\(name) 已开启：\(schedule)（由 'agim-remind watch' 计时）。"
    case .turnedOff(let name): "\(name) 已关闭。"
    case .isOff(let name): "\(name) 本来就是关闭的。"
    case .cannotBegin(let name, let reason): "\(name) 无法开启：\(reason)"
    case .quiet(let name, let why): "\(name)：\(Self.why(why))"
    case .found(let name, let findings, let prompt):
      "[agim] 这条来自心跳 \(name)，不是某个人说的。它的检查发现：\n\n\(findings)\n\n"
        + (prompt ?? "判断现在是否需要处理，做您可以做的事，并用几句话告诉对方情况和您做了什么。")
    case .goalWaits(let goal): "有一段时间没有进展了，目标尚未达成：\(goal)"
    case .hasChanged(let path): "\(path) 有变化。"
    }
  }

  private static func why(_ quiet: HeartbeatDecision.Quiet) -> String {
    switch quiet {
    case .incomplete: "config.json 没有写明它属于哪个聊天（\"to\"），或要检查的东西不是恰好一个。"
    case .busy: "这里正有人在忙。"
    case .budget: "已达到费用上限。"
    case .enough: "自从有人说话以来，它问得够多了。"
    case .nothing: "没有发现什么。"
    case .same: "没有新的发现。"
    case .failed(let reason): "检查失败：\(reason)"
    }
  }
}
