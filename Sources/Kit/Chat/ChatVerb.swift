package import Settings

/// Every chat command.
///
/// Their words in each language are in that language's catalogue; `/help` is made from this table.
package enum ChatVerb: String, CaseIterable, Sendable {
  case help, agents, agent, status, new, abort
  case cc, oc, cx, agy, cs, na, sh
  case project, model, think, plan, verbose
  case ls, diff, get, sessions, approval, audit, stats
  case btw, compact, undo, retry, attach
  case memo, link, job, heartbeat, goal
  case longTask = "long_task"
  case completeGoal = "complete_goal"
  case remind, cron
  // Not built yet: each says what to use meanwhile.
  case web, a2a, skill, models, router, auto, restart, stop
  case redo, export, editor, exit

  /// The command that a word names, without its slash.
  package init?(word: String) {
    if let verb = ChatVerb(rawValue: word) ?? ChatVerb.aliases[word] { self = verb } else { return nil }
  }

  /// Other words for commands.
  package static let aliases: [String: ChatVerb] = [
    "start": .help, "clear": .new, "workspaces": .project, "projects": .project, "schedule": .cron,
    "tasks": .job, "task": .job, "jobs": .job, "check": .job, "cancel": .job, "switch": .job,
    "collect": .job, "skills": .skill, "quit": .exit, "reminder": .remind, "memos": .memo,
  ]

  /// How it is written, without its slash.
  package var syntax: String {
    switch self {
    case .help: "help [COMMAND]"
    case .agent: "agent NAME [TEXT]"
    case .cc, .oc, .cx, .agy, .cs, .na, .sh: "\(rawValue) [TEXT]"
    case .project: "project [NAME|none]"
    case .model: "model [NAME|default]"
    case .think: "think [on|off|low|high|max|auto]"
    case .plan: "plan [on|off]"
    case .verbose: "verbose [off|brief|full]"
    case .ls: "ls [DIRECTORY]"
    case .diff: "diff [FILE]"
    case .get: "get PATH"
    case .btw: "btw TEXT"
    case .attach: "attach [ID]"
    case .memo: "memo [list|show ID|add TEXT|find TEXT|here]"
    case .link: "link CODE"
    case .remind: "remind [WHEN WHAT]"
    case .cron: "cron [[AGENT] WHEN PROMPT]"
    case .audit, .stats: "\(rawValue) [DAYS]"
    case .goal: "goal [set TEXT|progress TEXT|show|complete [TEXT]|drop]"
    case .job: "job [run TEXT|list|check N|cancel N|collect [N]|switch N|main|retry N]"
    case .heartbeat: "heartbeat [list|on NAME|off NAME|now NAME]"
    case .longTask: "long_task [TEXT]"
    case .completeGoal: "complete_goal [TEXT]"
    default: rawValue
    }
  }

  /// Who may use it.
  package var rank: People.Rank {
    switch self {
    // What runs by the clock costs while nobody is there.
    case .diff, .get, .approval, .auto, .attach, .cron, .heartbeat: .approver
    case .sessions, .audit, .stats, .restart, .stop: .admin
    default: .allowed
    }
  }

  /// Whether it does something in this version.
  package var isBuilt: Bool {
    switch self {
    case .web, .a2a, .skill,
      .models,
      .router, .auto, .restart, .stop, .redo, .export, .editor, .exit:
      false
    default: true
    }
  }

  /// Whether somebody outside answers it; see `ChatServices`.
  package var isService: Bool {
    switch self {
    case .ls, .diff, .get, .approval, .audit, .stats: true
    // Adding one changes something, and is not asked of them: see ChatDesk.
    case .memo: true
    default: false
    }
  }
}
