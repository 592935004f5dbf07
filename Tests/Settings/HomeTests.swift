import Console
import Glibc
import System
import TestSupport
import Testing

@testable import Settings

@Suite struct HomeTests {
  @Test("the home directory comes from AGIM_HOME, HOME or the password database")
  func location() throws {
    #expect(try Home.locate(["HOME": "/home/me"]).path == "/home/me/.agim")
    #expect(try Home.locate(["HOME": "/home/me/"]).path == "/home/me/.agim")
    #expect(try Home.locate(["HOME": "/home/me", "AGIM_HOME": "/srv/a//"]).path == "/srv/a")
    #expect(try Home.locate(["HOME": "/home/me", "AGIM_HOME": ""]).path == "/home/me/.agim")
    #expect(try Home.locate(["AGIM_HOME": "/"]).path == "/")
    let database = try #require(UserDirectory.database(getuid()))
    #expect(try Home.locate([:]).path == database + "/.agim")
    #expect(try Home.locate(["HOME": "relative"]).path == database + "/.agim")
    #expect(UserDirectory.database(4_000_000_000) == nil)
  }

  @Test("a relative AGIM_HOME starts at the current directory")
  func relative() throws {
    let current = try #require(getcwd(nil, 0))
    defer { free(current) }
    #expect(try Home.locate(["AGIM_HOME": "a/b/"]).path == String(cString: current) + "/a/b")
  }

  @Test func paths() {
    let home = Home(path: "/a")
    #expect(home.config == "/a/config.json")
    #expect(home.env == "/a/env")
    #expect(home.database == "/a/agim.db")
    #expect(home.wake == "/a/run/wake")
    #expect(
      [home.files, home.work, home.commands, home.skills] == [
        "/a/files", "/a/work", "/a/commands", "/a/skills",
      ])
    #expect(home.pipes == "/a/pipes")
  }

  @Test("prepare makes the directory for its owner only, and is content with one that is there")
  func prepare() throws {
    let scratch = try Scratch()
    let home = Home(path: scratch.path + "/deep/home")
    for _ in 0..<2 {
      try home.prepare()
      for directory in [home.path, home.run] {
        var status = stat()
        #expect(stat(directory, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o700)
      }
    }
  }

  @Test("a directory that others can enter is refused; chmod is proposed only where it does no harm")
  func openDirectory() throws {
    let scratch = try Scratch()
    #expect(chmod(scratch.path, 0o750) == 0)
    let first = failure { try scratch.home.prepare() }
    #expect(first?.code == .configuration)
    #expect(first?.message.contains(scratch.path) == true)
    #expect(first?.message.contains("mode 750") == true)
    #expect(first?.hint == "chmod 700 \(scratch.path)")

    try scratch.write("letter", "private")
    #expect(failure { try scratch.home.prepare() }?.hint == "set AGIM_HOME to a directory of your own")
    try scratch.write("config.json", "{}")
    #expect(failure { try scratch.home.prepare() }?.hint == "chmod 700 \(scratch.path)")
  }

  @Test("a directory of somebody else is refused", .enabled(if: geteuid() == 0))
  func owner() throws {
    let scratch = try Scratch()
    #expect(chown(scratch.path, 1234, 1234) == 0)
    let failure = failure { try scratch.home.prepare() }
    #expect(failure?.code == .configuration)
    #expect(failure?.message.hasSuffix("belongs to user 1234, and this is user 0") == true)
  }

  @Test("what cannot be made is named, with a way out", arguments: ["/dev/null/home", "/proc/agim"])
  func unmakeable(path: String) {
    let failure = failure { try Home(path: path).prepare() }
    #expect(failure?.code == .cannotCreate)
    #expect(failure?.message.contains("\"\(path)\"") == true)
    #expect(failure?.hint == "set AGIM_HOME to a directory of your own")
  }

  @Test("a file in the place of the directory is named")
  func file() throws {
    let scratch = try Scratch()
    try scratch.write("home", "")
    let failure = failure { try Home(path: scratch.path + "/home").prepare() }
    #expect(failure?.code == .cannotCreate)
    #expect(failure?.message.hasSuffix("Not a directory") == true)
  }

  @Test("names of pipelines", arguments: ["main", "a", "A.b-c_9", String(repeating: "x", count: 64)])
  func pipe(name: String) throws {
    #expect(try Home.checkedPipe(name) == name)
  }

  @Test(
    "what is no name of a pipeline",
    arguments: ["", " ", "a b", "a/b", "..", "é", "a\n", String(repeating: "x", count: 65)])
  func noPipe(name: String) {
    #expect(failure { try Home.checkedPipe(name) }?.code == .usage)
  }
}
