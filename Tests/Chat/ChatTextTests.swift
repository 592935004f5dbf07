import JSON
import Routing
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

@Suite struct GarbageTests {
  @Test("whatever is typed is a command or words, and is answered")
  func anything() throws {
    var state: UInt64 = 42
    let next = { (count: Int) -> Int in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    let pieces = [
      "/", "help", "cc", " ", "\n", "@", "stop", "停止", "\u{0}", "\u{202E}", "😀", "e\u{301}", "－", "new", "..",
      "none", "plan", "on", "\"", "\\", "%s", "agent",
    ]
    let settings = try Settings.parse(
      config: nil, env: nil, home: Home(path: "/h"), environment: ["HOME": "/h"])
    let desk = ChatDesk(AgentNames(settings), settings)
    for _ in 0..<3000 {
      let text = (0..<next(7)).map { _ in pieces[next(pieces.count)] }.joined()
      guard case .command(let name, let argument) = ChatText(text) else { continue }
      let context = ChatDesk.Context(rank: .admin, language: .en, choice: SessionChoice())
      if case .answer(let said, _, _) = try desk.answer(name: name, argument: argument, context) {
        #expect(!said.isEmpty && !said.unicodeScalars.contains("\u{202E}"), "\(text)")
      }
    }
  }
}
