import Testing

@testable import Routing
@testable import Settings

@Suite struct ClassifierTests {
  private func names(_ list: String...) throws -> AgentNames { AgentNames(try settings("{}"), only: list) }

  @Test(
    "English words count as words, Chinese ones anywhere",
    arguments: [
      ("go", "go", true), ("good morning", "go", false), ("let's go!", "go", true), ("(go)", "go", true),
      ("run the latest", "test", false), ("a test.", "test", true), ("TEST", "test", true),
      ("digit", "git", false), ("legit", "git", false), ("git status", "git", true),
      ("c++ code", "c++", true), ("c code", "c++", false), ("请帮我部署一下", "部署", true),
      ("部 署", "部署", false), ("how does it work", "how does", true), ("how it does", "how does", false),
      ("code-review", "review", false), ("请review代码", "review", true), ("", "go", false),
    ])
  func words(text: String, word: String, expected: Bool) { #expect(Words(text).hold(word) == expected) }

  @Test(
    "a first message goes to whom its words fit best",
    arguments: [
      ("review the architecture", "claude"), ("why is the sky blue", "claude"), ("解释一下这段设计", "claude"),
      ("git rebase the branch", "opencode"), ("部署到生产环境", "opencode"), ("fix the python script", "opencode"),
      ("a quick small bug", "codex"), ("写一个简单的小改动", "codex"),
    ])
  func chooses(text: String, agent: String) throws {
    #expect(try Classifier.choose(text, among: names("codex", "claude", "opencode"))?.agent == agent)
  }

  @Test("words that say nothing choose nobody", arguments: ["hello", "good", "the latest", "你好", "", "😀"])
  func nothing(text: String) throws {
    #expect(try Classifier.choose(text, among: names("codex", "claude", "opencode")) == nil)
  }

  @Test("a topic is two points, a word its weight, and the base half of that")
  func points() throws {
    let scores = Classifier.score("explain the bug", among: try names("codex", "claude", "x"))
    #expect(scores.map(\.agent) == ["claude", "codex", "x"])
    #expect(scores.map(\.hundredths) == [50 + 200 + 100, 45 + 90, 25])
    #expect(scores[0].hits == ["explain", "explain"])
    #expect(Points.text(scores[0].hundredths) == "3.50" && Points.text(5) == "0.05")
  }

  @Test("nobody's words are given to a shell")
  func shell() throws {
    #expect(try Classifier.choose("run ls in the shell script", among: names("shell")) == nil)
  }

  @Test("a draw is settled the same way every time")
  func draw() throws {
    for list in [["claude", "opencode"], ["opencode", "claude"]] {
      let agents = AgentNames(try settings("{}"), only: list)
      #expect(Classifier.score("hello", among: agents).map(\.agent) == ["opencode", "claude"])
    }
    let agents = AgentNames(try settings("{}"), only: ["zeta", "alpha"])
    #expect(Classifier.score("hello", among: agents).map(\.agent) == ["alpha", "zeta"])
  }

  @Test("an agent of one's own is of the kind of its driver")
  func drivers() throws {
    let agents = AgentNames(try settings(#"{ "agents": { "night": { "driver": "claude" }, "x": {} } }"#))
    #expect(Classifier.choose("review this", among: agents)?.agent == "night")
    #expect(agents.of(.claude) == "claude")
    let closed = AgentNames(
      try settings(#"{ "agents": { "night": { "driver": "claude" } } }"#), only: ["night"])
    #expect(closed.of(.claude) == "night" && closed.of(.codex) == nil)
  }
}
