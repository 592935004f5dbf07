import JSON
import Settings
import System
import Testing

@testable import Chat

@Suite struct ChatTextTests {
  static let table: [(text: String, name: String?, argument: String)] = [
    ("/help", "help", ""), (" /help ", "help", ""), ("/HELP", "help", ""), ("/agent codex", "agent", "codex"),
    ("/cc  fix\nit ", "cc", "fix\nit"), ("/help@our_bot x", "help", "x"), ("／help", "help", ""),
    ("/long_task a b", "long_task", "a b"), ("/a2a tree", "a2a", "tree"), ("/cc\u{3000}修", "cc", "修"),
    ("stop", "abort", ""), ("STOP", "abort", ""), (" 停止\n", "abort", ""), ("中止", "abort", ""),
    ("stop it", nil, ""), ("stop.", nil, ""), ("please stop", nil, ""), ("停止吧", nil, ""),
    ("/etc/passwd", nil, ""), ("/", nil, ""), ("//x", nil, ""), ("/ help", nil, ""), ("/部署", nil, ""),
    ("hello /help", nil, ""), ("", nil, ""), ("/a.b", nil, ""),
    ("/\(String(repeating: "a", count: 33))", nil, ""),
    ("/@bot", nil, ""), ("/../x", nil, ""),
  ]

  @Test(arguments: table.indices) func reads(row: Int) {
    let row = Self.table[row]
    let expected = row.name.map { ChatText.command(name: $0, argument: row.argument) } ?? .words
    #expect(ChatText(row.text) == expected, "\(row.text)")
    // What is a command must look like one as it stands in a line, too.
    var json = JSONWriter()
    json.value(row.text)
    let raw = Array(json.bytes.dropFirst().dropLast())
    let may = ChatText.mayBeCommand(raw.span)
    if row.name != nil { #expect(may, "\(row.text)") }
  }

  @Test func longTextIsNotLookedAt() {
    let text = Array("hello, this is a text of many words".utf8)
    let may = ChatText.mayBeCommand(text.span)
    #expect(!may)
  }

  @Test(
    "Chinese is answered in Chinese",
    arguments: [("hello", Language.en), ("你好", .zh), ("/help 帮助", .zh), ("日本", .zh), ("é", .en), ("", .en)])
  func language(text: String, language: Language) {
    #expect(Language.of(text: text, standard: .en) == language)
    #expect(Language.of(text: text, standard: .zh) == .zh)
  }
}

@Suite struct CatalogueTests {
  static let languages = Language.allCases

  @Test("every command of the documents exists, with a line of help and what to use meanwhile")
  func complete() throws {
    let commands = [
      "cc", "oc", "cx", "agy", "cs", "na", "sh", "new", "remind", "memo", "agents", "status", "help", "model",
      "think", "plan", "goal", "long_task", "complete_goal", "cron", "job", "tasks", "heartbeat", "btw",
      "abort", "web", "audit", "stats", "a2a", "skill", "restart", "stop", "agent", "editor", "compact",
      "redo", "undo", "export", "clear", "exit", "quit", "start", "models", "schedule", "task", "check",
      "cancel",
      "switch", "collect", "approval", "auto", "router", "workspaces", "sessions", "project", "verbose",
      "diff", "ls", "get", "retry",
    ]
    for name in commands { #expect(ChatVerb(word: name) != nil, "/\(name) does not exist") }
    for verb in ChatVerb.allCases {
      for language in Self.languages {
        let words = language.catalogue
        #expect(!words.help(verb).isEmpty, "\(verb) \(language)")
        #expect(words.meanwhile(verb).isEmpty == verb.isBuilt, "\(verb) \(language)")
      }
      #expect(verb.syntax.hasPrefix(verb.rawValue))
      #expect(ChatVerb.aliases[verb.rawValue] == nil)
    }
  }

  @Test("the Chinese catalogue is Chinese, the English one is not")
  func languages() {
    for verb in ChatVerb.allCases {
      #expect(Language.of(text: Language.zh.catalogue.help(verb), standard: .en) == .zh, "\(verb)")
      let english = Language.en.catalogue.help(verb)
      if verb != .abort { #expect(Language.of(text: english, standard: .en) == .en, "\(verb)") }
    }
  }
}
