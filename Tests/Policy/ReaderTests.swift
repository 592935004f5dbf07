import Testing

@testable import Policy

@Suite struct ReaderTests {
  @Test(
    "a configuration of git that may name a program is noticed, however it is written",
    arguments: [
      "[core]\n\tfsmonitor = touch x\n", "[core]fsmonitor=x\n", "[core] fsmonitor=x\n",
      "[CORE]\n FSMonitor = x\n",
      "[core]\n\tabbrev = 7\r[advice]\n\tfsmonitor = touch x\n", "[core]\n\tabbrev = \\\n\tfsmonitor\n",
      "[include]\n\tpath = x\n", "[includeIf \"gitdir:/\"]\n\tpath = x\n", "[diff \"x\"]\n\ttextconv = x\n",
      "[filter \"x\"]\n\tclean = x\n", "[alias]\n\tstatus = !x\n", "[core]\n\tworktree = /\n",
      "[remote \"x\"]\n\tpromisor = true\n",
      "[extensions]\n\tpartialClone = x\n", "[gpg]\n\tprogram = x\n", "[core \"x\"]\n\tabbrev = 7\n",
      "\u{FEFF}[core]\n\tabbrev = 7\n",
      "[advice]x]\n[core]\nhooksPath = x\n", "fsmonitor = x\n", "[core]\n\tpager = less\n",
      "[core]\n\tbare = true\n",
    ])
  func gitPrograms(_ text: String) {
    #expect(GitConfig.firstUnknown(Array(text.utf8)) != nil, "\(text)")
  }

  @Test(
    "an ordinary configuration of git is harmless",
    arguments: [
      "",
      "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n",
      "[core]\r\n\tautocrlf = input\r\n", "# comment\n[user]\n\tname = A # B\n\temail = a@example.org\n",
      "[remote \"origin\"]\n\turl = git@example.org:a/b.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n[branch \"main\"]\n\tremote = origin\n\tmerge = refs/heads/main\n",
    ])
  func gitHarmless(_ text: String) {
    #expect(GitConfig.firstUnknown(Array(text.utf8)) == nil, "\(text)")
  }

  @Test("an index tells of submodules and secrets, and of nothing else")
  func gitIndex() {
    func index(_ files: [(String, UInt8)], version: UInt8 = 2) -> [UInt8] {
      var bytes = Array("DIRC".utf8) + [0, 0, 0, version, 0, 0, 0, UInt8(files.count)]
      for (name, mode) in files {
        var entry = [UInt8](repeating: 0, count: 62)
        entry[26] = mode
        entry += Array(name.utf8) + [0]
        while entry.count % 8 != 0 { entry.append(0) }
        bytes += entry
      }
      return bytes + [UInt8](repeating: 0, count: 20)
    }
    let plain = GitIndex(index([("a", 0x81), ("src/main.swift", 0x81), ("x/y/z.txt", 0x81)]))
    #expect(plain.problem(isMissing: false) == nil && plain.secret == nil)
    #expect(GitIndex(index([("a", 0x81), ("sub", 0xE0)])).problem(isMissing: false) != nil)
    #expect(GitIndex(index([("a", 0x81), ("conf/.env", 0x81)])).secret == "conf/.env")
    #expect(GitIndex(index([("a", 0x81)], version: 4)).problem(isMissing: false) != nil)
    #expect(GitIndex(Array(index([("a", 0x81)]).prefix(60))).problem(isMissing: false) != nil)
    #expect(GitIndex(nil).problem(isMissing: true) == nil)
    #expect(GitIndex(nil).problem(isMissing: false) != nil)
  }

  @Test(
    "scripts of sed that write, read or run are refused",
    arguments: [
      "w x", "1w x", "$!w x", "/a/w x", "s/a/b/w x", "s/a/b/gw x", "s/a/b/e", "e", "1e date", "r x", "R x",
      "W x", "p;w x", "{w x\n}",
      "s,a,b,w x", "s/[/]/x/w y/", "y/a/b/w x", "a x", "i\\\nx", "c x", "F", "v", "s/a/b", "p}", "{p",
      "s\\a\\b\\", ":a;ta", "\\,a,w x",
    ])
  func sed(_ script: String) {
    #expect(!SedScript.isHarmless(script), "\(script)")
  }
}
