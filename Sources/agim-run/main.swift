import Console
import Stage

let command = Command(
  name: "agim-run",
  summary: "Run agents: one turn per message, sessions in parallel, one at a time within a session.",
  usage: ["[OPTION...] [AGENT...]", "[OPTION...] exec -- PROGRAM [ARG...]", "--list"],
  options: [
    Option("j", "jobs", "NUMBER", help: "how many turns may run at once (default: limits.jobs)"),
    Option(nil, "list", help: "print the agents that could be run here by their names alone, and leave"),
    Option(nil, "strict", help: "a line that is not a JSON object ends the command (exit 65)"),
    Option("v", "verbose", help: "say more on standard error"),
  ],
  operands: [
    ("AGENT", "take messages for this agent; the first one named also takes those for nobody"),
    ("exec -- PROGRAM", "a program: the message on its standard input, its output is the reply"),
  ],
  order: .beforeOperands, startsProgram: true, body: Stage.body(runAgents))

command.main()
