internal import Settings

/// English.
package struct English: Catalogue {
  package func help(_ verb: ChatVerb) -> String {
    switch verb {
    case .help: "this list, or help for one command"
    case .agents: "the agents that there are"
    case .agent: "give this conversation to an agent"
    case .status: "where this conversation stands"
    case .new: "begin a new conversation: history and agent are forgotten"
    case .abort: "stop the work in progress; so do the bare words stop, 停止, 中止"
    case .cc: "Claude Code takes over"
    case .oc: "OpenCode takes over"
    case .cx: "Codex takes over"
    case .agy: "Antigravity takes over"
    case .cs: "Cursor takes over"
    case .na: "the Agim Agent takes over"
    case .sh: "the shell takes over: what you type is a command line"
    case .project: "the projects, or work in one of them"
    case .model: "the model, or choose another"
    case .think: "how hard the agent is to think"
    case .plan: "only read and plan, change nothing"
    case .verbose: "how much of the work is shown"
    case .ls: "the files in the work directory"
    case .diff: "what has changed in the work directory, by git"
    case .get: "a file of the work directory"
    case .sessions: "the conversations of everybody"
    case .approval: "requests that wait, and what was granted"
    case .audit: "who did what"
    case .stats: "how much was done, and what it cost"
    case .remind: "reminders: /remind 10m tea; list, cancel N, snooze N 10m, pause N, resume N, next N"
    case .memo: "your memos: the newest, one, a new one, or those about something"
    case .link: "make this and another chat of yours one person, by the code of agim-session link"
    case .goal: "what this conversation works towards, put before every prompt"
    case .longTask: "set the goal: the same as /goal set"
    case .completeGoal: "the goal is reached"
    case .cron: "agents that run by the clock: /cron daily:08:00 what is new? And as /remind"
    case .job: "work in the background"
    case .heartbeat: "checks by the clock; an agent is asked only where they find something"
    case .btw: "a side question"
    case .web: "the web console"
    case .a2a: "agents that call agents"
    case .skill: "skills"
    case .models: "the models that there are"
    case .router: "why a message went where it went"
    case .auto: "approve without asking for a while"
    case .retry: "run an interrupted message again"
    case .attach: "go on from a session of the agent's own, begun at a desk"
    case .restart: "restart the pipe"
    case .stop: "stop the pipe"
    case .compact: "summarize the conversation and go on from there"
    case .redo: "send the last message again"
    case .undo: "have the agent take its last turn back"
    case .export: "the conversation as a file"
    case .editor: "write in an editor"
    case .exit: "leave"
    }
  }

  package func meanwhile(_ verb: ChatVerb) -> String {
    switch verb {
    case .web: "Meanwhile use agim-queue list and agim-session list on the machine."
    case .a2a: "Meanwhile hand the conversation over with /agent NAME."
    case .skill: "Meanwhile use the skills of the agent itself."
    case .models: "Meanwhile name one with /model NAME; the agent knows which it has."
    case .router: "Meanwhile use agim-route --explain TEXT on the machine."
    case .auto: "Meanwhile answer each request."
    case .restart: "Meanwhile restart the pipe where it was started."
    case .stop: "Meanwhile stop the pipe where it was started. To stop the work in progress: /abort."
    case .redo: "Meanwhile send the message again."
    case .export: "Meanwhile use agim-session search on the machine."
    case .editor: "Meanwhile paste the text; one message may have many lines."
    case .exit: "Meanwhile just close the chat; a terminal ends with Ctrl-C."
    default: ""
    }
  }

  package func say(_ phrase: Phrase) -> String {
    switch phrase {
    case .commands: "Commands:"
    case .yourCommands: "Commands of this installation:"
    case .notBuiltYet: "Not built yet (each says what to use meanwhile):"
    case .notBuilt(let meanwhile): "This is not built yet. \(meanwhile)"
    case .needs(.admin): "Only an admin may do that."
    case .needs: "Only an approver may do that."
    case .unknownCommand(let name, let nearest):
      "There is no command /\(name). "
        + (nearest.map { "Did you mean /\($0)? All of them: /help" } ?? "All of them: /help")
    case .badArgument(let syntax): "This is written /\(syntax)"
    case .agents: "Agents:"
    case .noAgents: "No agents are configured; the message goes to whoever runs here."
    case .anyAgent: "chosen by the next message"
    case .current: "this conversation's"
    case .switched(let agent): "\(agent) takes over."
    case .unknownAgent(let name, let known):
      "There is no agent \(name)." + (known.isEmpty ? "" : " There are: \(known.joined(separator: ", "))")
    case .begunAnew(let kept):
      "A new conversation." + (kept.isEmpty ? "" : " Kept: \(kept.joined(separator: ", ")).")
    case .stopping: "Stopping."
    case .nothingRuns: "Nothing runs here now."
    case .working: "at work"
    case .idle: "idle"
    case .label(let label): Self.label(label)
    case .noProjects: "No projects are configured."
    case .projectSet(let name, let workdir): "Working in \(name)" + (workdir.map { ": \($0)" } ?? ".")
    case .projectLeft: "No project any more."
    case .unknownProject(let name, let known):
      "There is no project \(name)." + (known.isEmpty ? "" : " There are: \(known.joined(separator: ", "))")
    case .noProjectSet: "none"
    case .modelIs(let model): "Model: \(model ?? "the agent's own"). Choose one with /model NAME."
    case .modelSet(let model):
      model.map { "Model: \($0), from the next message on." } ?? "The agent's own model."
    case .thinkIs(let think): "Thinking: \(think ?? "as the agent likes")."
    case .thinkSet(let think): "Thinking: \(think). The agent is told with each message."
    case .planIs(true): "Plan mode is on: reading only."
    case .planIs(false): "Plan mode is off."
    case .planFixed: "The project is in plan mode; that is for its configuration to change."
    case .verboseIs(let level): "Progress shown: \(level ?? "as usual")."
    case .verboseSet(let level): "Progress shown: \(level). It goes along with each message."
    case .noSessions: "No conversations."
    case .emptyDirectory: "The directory is empty."
    case .noDirectory(let path): "There is no directory \(path)."
    case .notShown(let reason): "Not shown: \(reason)"
    case .noFile(let path): "There is no file \(path)."
    case .fileSent(let name, let size): "\(name), \(size) bytes"
    case .fileTooLarge(let path, let limit): "\(path) is larger than \(limit) MiB; not sent."
    case .moreEntries(let count): "… and \(count) more"
    case .noChanges: "Nothing has changed."
    case .noRepository: "The work directory is no git repository."
    case .tooManyChanges(let limit):
      "More than \(limit) files have changed. Look at one of them, or at a directory: /diff FILE"
    case .filesLeftOut(let names): "[not shown: \(names.joined(separator: ", "))]"
    case .requestsWait: "Requests that wait for an answer:"
    case .noRequests: "No request waits for an answer."
    case .grantsHold: "Grants that hold (* is everywhere):"
    case .noGrants: "No grants."
    case .revokeGrant: "To take one back, on the machine: agim-approve revoke NUMBER"
    case .noTurns(let days): "No turn in the last \(days * 24) hours."
    case .allTurns(let days): "The last \(days * 24) hours"
    case .turns(let name, let count, let failed, let time, let tokens, let cost):
      "\(name): turns \(count), failed \(failed), time \(time), tokens \(tokens), cost \(cost)"
    case .failed(let reason): "That did not work: \(reason)"
    case .noOutput: "(no output)"
    case .leftAlone(let failures, let code, let minutes):
      "not available: failed \(failures) times in a row, last with \"\(code)\"; tried again "
        + (minutes.map { "in \($0) min" } ?? "with the next message")
    case .commandEnded(let name, let status): "/\(name) ended with \(status)."
    case .commandLate(let name): "/\(name) took longer than 30 seconds and was ended."
    case .commandCannotStart(let name, let reason): "/\(name) cannot be started: \(reason)"
    case .outputCut(let bytes): "[… \(bytes) bytes more were left out]"
    case .gating(let level): level.rawValue
    case .noMemos: "You have no memos. /memo add TEXT makes one."
    case .noMemo(let n): "You have no memo \(n)."
    case .nothingFound: "Nothing found."
    case .memoKept(let n): "Kept as memo \(n)."
    case .memoRefused(let why): "It cannot be kept: \(why)"
    case .memoHere:
      "Telling where you are by a link needs the web console, which is not built yet. Meanwhile send a location "
        + "where your chat app can: it becomes a memo at once."
    case .linked(let other): "This chat and \(other) are one person now."
    case .linkWaits(let session): "Now type the same in \(session)."
    case .linkUnknown: "There is no such code for this chat, or it has ended."
    case .linkDirectly: "Type it in a direct chat: here others can read it."
    case .nothingToRetry: "No message of this conversation was interrupted."
    case .reminder(let phrase): phrase.english
    case .runsAgain: "It is run again."
    case .nativeSession(let agent, let id):
      id.map { "\(agent)'s own session here is \($0)." } ?? "\(agent) has no session of its own here yet."
    case .attached(let agent, let id):
      "The next message goes on from \(agent)'s session \(id), in a copy where the agent can make one."
    case .interrupted(let name):
      "/\(name) was interrupted, and it is not known how far it came. Send it again if it should run."
    }
  }

  private static func label(_ label: Phrase.Label) -> String {
    switch label {
    case .agent: "Agent"
    case .project: "Project"
    case .workdir: "Directory"
    case .model: "Model"
    case .mode: "Mode"
    case .think: "Thinking"
    case .verbose: "Progress"
    case .work: "Work"
    case .messages: "Messages"
    case .goal: "Goal"
    }
  }
}
