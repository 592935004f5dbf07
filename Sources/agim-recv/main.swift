import Console
import Delivery
import MessengerInbox
import MessengerJob
import MessengerProgram
import MessengerReplay
import MessengerStandard
import MessengerTty
import Stage
import System
import Wire

let command = Command(
  name: "agim-recv",
  summary: "Receive messages: print each thing that people say as a line.",
  usage: [
    "[OPTION...] SOURCE...", "[OPTION...] replay FILE...", "[OPTION...] --listen ADDRESS:PORT SOURCE...",
  ],
  options: [
    Option("0", "null", help: "stdin, tty: messages end with NUL, so that they may have many lines"),
    Option(nil, "all", help: "start every enabled account of the configuration"),
    Option(
      nil, "deaf-after", "TIME", help: "chat platforms: leave when nothing proves for so long that we hear"),
    Option(nil, "force", help: "replay: into a store that holds other sources' messages too"),
    Option(nil, "from", "NAME", help: "stdin: who says it (default: the user's name)"),
    Option(nil, "ids", help: "replay: keep the recorded ids"),
    Option(nil, "listen", "ADDRESS:PORT", help: "take webhooks there, and tell how it fares"),
    Option(nil, "no-history", help: "tty: neither read nor keep what is typed"),
    Option(nil, "now", "TIME", help: "replay: the time at the start, RFC 3339"),
    Option(nil, "once", help: "close each message when its line is written; do not start sources again"),
    Option(nil, "prefix", "PATH", help: "listen: what a reverse proxy leaves before every path"),
    Option(nil, "public-url", "URL", help: "listen: how the world reaches it"),
    Option(nil, "rate", "NUMBER", help: "listen: requests a second that one address may make"),
    Option(nil, "seed", "NUMBER", help: "replay: make ids from this number; time stands still"),
    Option(nil, "session", "ADDRESS", help: "stdin, tty: the session of what is said"),
    Option(nil, "speed", "FACTOR", help: "replay: keep the recorded distances, so many times faster"),
    Option(nil, "trust-proxy", help: "listen: X-Forwarded-For says who asks"),
    Option("v", "verbose", help: "say more on standard error"),
  ],
  operands: [
    ("tty", "a person at this terminal"),
    ("stdin", "each line of standard input is a message"),
    ("inbox", "what agim-session post and agim-send inbox left"),
    ("job", "what chats began with /job, each in a session of its own"),
    ("replay FILE...", "recorded messages and answers"),
    ("email[@ACCOUNT]", "mail to a mailbox"),
    ("feishu[@ACCOUNT]", "what people say to a bot on Feishu or Lark"),
    ("telegram[@ACCOUNT]", "what people say to a bot on Telegram"),
    ("webhook[@ACCOUNT]", "what programs post to --listen"),
    ("command:PROGRAM", "a program that prints messages, as text or JSON lines"),
  ],
  body: Stage.body(receive))

command.main()
