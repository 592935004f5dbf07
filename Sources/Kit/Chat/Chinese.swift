internal import Settings

/// Chinese.
package struct Chinese: Catalogue {
  package func help(_ verb: ChatVerb) -> String {
    switch verb {
    case .help: "显示本列表，或某个命令的说明"
    case .agents: "列出所有智能体"
    case .agent: "把本会话交给某个智能体"
    case .status: "本会话的状态"
    case .new: "开始新会话：忘掉历史和智能体"
    case .abort: "停止正在进行的工作；单独发送 stop、停止、中止 也可以"
    case .cc: "由 Claude Code 接手"
    case .oc: "由 OpenCode 接手"
    case .cx: "由 Codex 接手"
    case .agy: "由 Antigravity 接手"
    case .cs: "由 Cursor 接手"
    case .na: "由内置智能体 Agim Agent 接手"
    case .sh: "由 shell 接手：您输入的就是命令行"
    case .project: "列出项目，或进入某个项目"
    case .model: "查看或选择模型"
    case .think: "智能体思考的深度"
    case .plan: "只读并制定计划，不做任何修改"
    case .verbose: "显示多少工作过程"
    case .ls: "工作目录里的文件"
    case .diff: "工作目录里的改动（git）"
    case .get: "取工作目录里的一个文件"
    case .sessions: "所有人的会话"
    case .approval: "等待批准的请求和已有的授权"
    case .audit: "谁做了什么"
    case .stats: "用量和费用"
    case .remind: "提醒：/remind 半小时后 喝水；list、cancel N、snooze N 10m、pause N、resume N、next N"
    case .memo: "你的备忘：最近的、其中一条、新记一条，或查找"
    case .link: "用 agim-session link 给出的代码，把这里和你的另一个聊天认作同一个人"
    case .goal: "本会话的目标，每条消息前都会带上"
    case .longTask: "设定目标，等同于 /goal set"
    case .completeGoal: "目标已达成"
    case .cron: "定时运行智能体：/cron 每天8点 有什么新消息？其余同 /remind"
    case .job: "后台任务"
    case .heartbeat: "定时检查，有发现才询问智能体"
    case .btw: "顺便问一句"
    case .web: "网页控制台"
    case .a2a: "智能体之间的调用"
    case .skill: "技能"
    case .models: "列出可用的模型"
    case .router: "消息为什么交给了它"
    case .auto: "一段时间内不再询问，自动批准"
    case .retry: "重新运行被中断的消息"
    case .attach: "从智能体自己的会话（例如在电脑前开始的）继续"
    case .restart: "重启管道"
    case .stop: "停止管道"
    case .compact: "总结会话，从总结继续"
    case .redo: "重发上一条消息"
    case .undo: "撤销上一轮"
    case .export: "导出会话"
    case .editor: "用编辑器写"
    case .exit: "离开"
    }
  }

  package func meanwhile(_ verb: ChatVerb) -> String {
    switch verb {
    case .web: "目前可以在机器上用 agim-queue list 和 agim-session list。"
    case .a2a: "目前可以用 /agent NAME 移交会话。"
    case .skill: "目前可以用智能体自己的技能。"
    case .models: "目前请用 /model NAME 指定；有哪些模型由智能体决定。"
    case .router: "目前可以在机器上用 agim-route --explain 加文字。"
    case .auto: "目前请逐个回答请求。"
    case .restart: "目前请在启动管道的地方重启它。"
    case .stop: "目前请在启动管道的地方停止它。要停止正在进行的工作，请用 /abort。"
    case .redo: "目前请重发那条消息。"
    case .export: "目前可以在机器上用 agim-session search。"
    case .editor: "目前请粘贴文字；一条消息可以有多行。"
    case .exit: "目前直接关闭聊天即可；终端用 Ctrl-C 结束。"
    default: ""
    }
  }

  package func say(_ phrase: Phrase) -> String {
    switch phrase {
    case .commands: "命令："
    case .yourCommands: "本机自定义命令："
    case .notBuiltYet: "尚未实现（每个都会说明目前用什么）："
    case .notBuilt(let meanwhile): "此功能尚未实现。\(meanwhile)"
    case .needs(.admin): "只有管理员可以这样做。"
    case .needs: "只有批准人可以这样做。"
    case .unknownCommand(let name, let nearest):
      "没有命令 /\(name)。" + (nearest.map { "是不是 /\($0)？全部命令：/help" } ?? "全部命令：/help")
    case .badArgument(let syntax): "写法：/\(syntax)"
    case .agents: "智能体："
    case .noAgents: "没有配置智能体；消息由这里正在运行的智能体处理。"
    case .anyAgent: "由下一条消息决定"
    case .current: "本会话"
    case .switched(let agent): "由 \(agent) 接手。"
    case .unknownAgent(let name, let known):
      "没有智能体 \(name)。" + (known.isEmpty ? "" : "可用：\(known.joined(separator: "、"))")
    case .begunAnew(let kept): "已开始新会话。" + (kept.isEmpty ? "" : "保留：\(kept.joined(separator: "、"))。")
    case .stopping: "正在停止。"
    case .nothingRuns: "现在没有正在进行的工作。"
    case .working: "工作中"
    case .idle: "空闲"
    case .label(let label): Self.label(label)
    case .noProjects: "没有配置项目。"
    case .projectSet(let name, let workdir): "项目 \(name)" + (workdir.map { "：\($0)" } ?? "。")
    case .projectLeft: "已离开项目。"
    case .unknownProject(let name, let known):
      "没有项目 \(name)。" + (known.isEmpty ? "" : "可用：\(known.joined(separator: "、"))")
    case .noProjectSet: "无"
    case .modelIs(let model): "模型：\(model ?? "智能体默认")。用 /model NAME 选择。"
    case .modelSet(let model): model.map { "模型：\($0)，从下一条消息起。" } ?? "使用智能体默认的模型。"
    case .thinkIs(let think): "思考：\(think ?? "由智能体决定")。"
    case .thinkSet(let think): "思考：\(think)，随每条消息告知智能体。"
    case .planIs(true): "计划模式已开：只读。"
    case .planIs(false): "计划模式已关。"
    case .planFixed: "该项目处于计划模式，只能在配置里更改。"
    case .verboseIs(let level): "显示过程：\(level ?? "默认")。"
    case .verboseSet(let level): "显示过程：\(level)，随每条消息传递。"
    case .noSessions: "没有会话。"
    case .emptyDirectory: "目录是空的。"
    case .noDirectory(let path): "没有目录 \(path)。"
    case .notShown(let reason): "不予显示：\(reason)"
    case .noFile(let path): "没有文件 \(path)。"
    case .fileSent(let name, let size): "\(name)，\(size) 字节"
    case .fileTooLarge(let path, let limit): "\(path) 大于 \(limit) MiB，没有发送。"
    case .moreEntries(let count): "……还有 \(count) 项"
    case .noChanges: "没有改动。"
    case .noRepository: "工作目录不是 git 仓库。"
    case .tooManyChanges(let limit): "改动的文件超过 \(limit) 个。请查看其中一个文件或目录：/diff FILE"
    case .filesLeftOut(let names): "[未显示：\(names.joined(separator: "、"))]"
    case .requestsWait: "等待回答的请求："
    case .noRequests: "没有等待回答的请求。"
    case .grantsHold: "生效中的授权（* 表示所有会话）："
    case .noGrants: "没有授权。"
    case .revokeGrant: "撤销授权请在机器上运行：agim-approve revoke NUMBER"
    case .noTurns(let days): "最近 \(days * 24) 小时没有任务。"
    case .allTurns(let days): "最近 \(days * 24) 小时"
    case .turns(let name, let count, let failed, let time, let tokens, let cost):
      "\(name)：任务 \(count)，失败 \(failed)，用时 \(time)，词元 \(tokens)，费用 \(cost)"
    case .failed(let reason): "没有成功：\(reason)"
    case .noOutput: "（没有输出）"
    case .leftAlone(let failures, let code, let minutes):
      "不可用：连续失败 \(failures) 次，最近一次的错误是“\(code)”；"
        + (minutes.map { "\($0) 分钟后重试" } ?? "下一条消息会再次尝试")
    case .commandEnded(let name, let status): "/\(name) 结束：\(status)。"
    case .commandLate(let name): "/\(name) 超过 30 秒，已被终止。"
    case .commandCannotStart(let name, let reason): "/\(name) 无法启动：\(reason)"
    case .outputCut(let bytes): "[……另有 \(bytes) 字节未显示]"
    case .gating(.gated): "受关口约束"
    case .gating(.partly): "部分受关口约束"
    case .gating(.open): "不受关口约束"
    case .noMemos: "你还没有备忘。用 /memo add 加文字记一条。"
    case .noMemo(let n): "没有备忘 \(n)。"
    case .nothingFound: "没有找到。"
    case .memoKept(let n): "已记为备忘 \(n)。"
    case .memoRefused(let why): "不能记下：\(why)"
    case .memoHere: "用链接告知位置需要网页控制台，这个版本还没有。目前可以在聊天应用里直接发送位置，会立刻记成备忘。"
    case .linked(let other): "这个聊天和 \(other) 现在是同一个人。"
    case .linkWaits(let session): "请在 \(session) 再输入一次同样的内容。"
    case .linkUnknown: "这个聊天没有这样的代码，或者它已过期。"
    case .linkDirectly: "请在私聊里输入：这里别人也能看到。"
    case .nothingToRetry: "本会话没有被中断的消息。"
    case .reminder(let phrase): phrase.chinese
    case .runsAgain: "正在重新运行。"
    case .nativeSession(let agent, let id):
      id.map { "\(agent) 在此的自有会话是 \($0)。" } ?? "\(agent) 在此还没有自有会话。"
    case .attached(let agent, let id): "下一条消息将从 \(agent) 的会话 \(id) 继续（智能体支持时在其副本中）。"
    case .interrupted(let name): "/\(name) 被中断，不知道执行到哪里。如需执行请重发。"
    }
  }

  private static func label(_ label: Phrase.Label) -> String {
    switch label {
    case .agent: "智能体"
    case .project: "项目"
    case .workdir: "目录"
    case .model: "模型"
    case .mode: "模式"
    case .think: "思考"
    case .verbose: "过程"
    case .work: "工作"
    case .messages: "消息数"
    case .goal: "目标"
    }
  }
}
