import Testing

@testable import Settings

/// Who may do what.
@Suite struct PeopleTests {
  private func people(_ config: String) throws -> People { try settings(config).people }

  private func rank(
    _ people: People, row: String?, session: String = "telegram", _ id: String
  ) -> People.Rank {
    people.rank(of: Person(row: row, session: session, id: id))
  }

  @Test("without a word in the configuration only the user's own machine may speak")
  func nobody() throws {
    let people = try people("{}")
    for platform in ["telegram", "feishu", "x"] {
      #expect(rank(people, row: platform, "1") == .stranger)
      #expect(rank(people, row: nil, session: platform, "1") == .stranger)
    }
    for platform in ["stdin", "inbox", "replay", "command"] {
      #expect(rank(people, row: platform, "1") == .allowed, "\(platform)")
    }
    #expect(rank(people, row: "tty", session: "tty", "me") == .admin)
  }

  @Test("the terminal is the user only where this store accepted the line")
  func terminal() throws {
    let people = try people("{}")
    #expect(rank(people, row: nil, session: "tty", "me") == .allowed)
    #expect(rank(people, row: "adopted", session: "tty", "me") == .allowed)
    #expect(rank(people, row: "command", session: "tty", "me") == .allowed)
    #expect(rank(people, row: "tty", session: "telegram", "me") == .admin)
  }

  @Test("the row's platform counts, not what a session says")
  func platforms() throws {
    let people = try people(
      #"""
      { "allow": { "telegram": ["1"] }, "approvers": ["telegram:2"], "admins": ["telegram:3", "stdin:me"] }
      """#)
    #expect(rank(people, row: "telegram", "1") == .allowed)
    #expect(rank(people, row: "telegram", "2") == .approver)
    #expect(rank(people, row: "telegram", "3") == .admin)
    #expect(rank(people, row: "telegram", "4") == .stranger)
    #expect(rank(people, row: "telegram", "") == .stranger)
    // A program that writes telegram's session does not become telegram's admin.
    #expect(rank(people, row: "command", session: "telegram", "3") == .allowed)
    #expect(rank(people, row: "stdin", session: "telegram", "3") == .allowed)
    #expect(rank(people, row: "stdin", session: "stdin", "me") == .admin)
    #expect(rank(people, row: nil, session: "telegram", "2") == .approver)
  }

  @Test("posted and replayed lines are never more than allowed", arguments: ["inbox", "replay"])
  func posted(platform: String) throws {
    let config = "{ \"approvers\": [\"\(platform):me\"], \"admins\": [\"\(platform):me\", \"telegram:me\"] }"
    #expect(rank(try people(config), row: platform, "me") == .allowed)
    let closed = "{ \"allow\": { \"\(platform)\": [] }, \"admins\": [\"\(platform):me\"] }"
    #expect(rank(try people(closed), row: platform, "me") == .stranger)
  }

  @Test("by the clock a person talks to agents with their own rank, and approves nothing")
  func scheduled() throws {
    let config = #"{ "allow": { "telegram": ["1"] }, "admins": ["telegram:2"] }"#
    let people = try people(config)
    #expect(rank(people, row: "remind", session: "feishu", "telegram:1") == .allowed)
    #expect(rank(people, row: "remind", session: "feishu", "telegram:2") == .allowed)
    #expect(rank(people, row: "remind", session: "telegram", "telegram:3") == .stranger)
    #expect(rank(people, row: "remind", session: "telegram", "1") == .stranger)
    #expect(rank(people, row: "remind", session: "telegram", "inbox:me") == .allowed)
    // Another host's line says what it likes.
    #expect(rank(people, row: nil, session: "telegram", "telegram:2") == .stranger)
    #expect(Person(row: "remind", session: "feishu", id: "telegram:1:x").name == "telegram:1:x")
  }

  @Test("the star stands for platforms that are neither named nor local")
  func star() throws {
    let people = try people(#"{ "allow": { "*": ["1"], "slack": ["2"], "stdin": ["3"], "feishu": ["*"] } }"#)
    #expect(rank(people, row: "telegram", "1") == .allowed)
    #expect(rank(people, row: "slack", "1") == .stranger)
    #expect(rank(people, row: "slack", "2") == .allowed)
    #expect(rank(people, row: "stdin", "1") == .stranger)
    #expect(rank(people, row: "stdin", "3") == .allowed)
    #expect(rank(people, row: "command", "9") == .allowed)
    #expect(rank(people, row: "feishu", "9") == .allowed)
  }

  @Test("ids are bytes: another spelling of an accented letter is another person")
  func bytes() throws {
    let people = try people("{ \"allow\": { \"x\": [\"\u{E9}\"] }, \"admins\": [\"x:\u{E9}\"] }")
    #expect(rank(people, row: "x", "\u{E9}") == .admin)
    #expect(rank(people, row: "x", "e\u{301}") == .stranger)
  }

  @Test("a work directory must be one that the configuration names, or lie below it")
  func workdirs() throws {
    let settings = try settings(
      #"{ "projects": { "a": { "workdir": "/srv/a" } }, "agents": { "b": { "workdir": "~/b" } } }"#)
    for path in ["/srv/a", "/srv/a/x/y", "/home/me/b", "/home/me/b/c"] {
      #expect(settings.isWorkdir(path), "\(path)")
    }
    for path in ["/", "/srv", "/srv/ab", "/srv/a/../b", "srv/a", "", "/home/me", "/srv/a/.."] {
      #expect(!settings.isWorkdir(path), "\(path)")
    }
  }
}
