import Console
import Glibc
import System
import TestSupport
import Testing

@testable import Settings

@Suite struct FileTests {
  @Test("files that are not there mean the defaults")
  func absent() throws {
    let scratch = try Scratch()
    #expect(try Settings.load(scratch.home).accounts.isEmpty)
    #expect(try Settings.load(Home(path: scratch.path + "/none")).agents.isEmpty)
  }

  @Test func load() throws {
    let scratch = try Scratch()
    try scratch.write("config.json", #"{"default_agent":"a"}"#)
    try scratch.write("env", "AGIM_SETTINGS_TEST=x\n", mode: 0o400)
    let settings = try Settings.load(scratch.home)
    #expect(settings.defaultAgent == "a")
    #expect(settings.variable("AGIM_SETTINGS_TEST") == "x")
    #expect(settings.variable("PATH") == ProcessGuard.variable("PATH"))
    #expect(settings.home == scratch.home)
  }

  @Test(
    "a file that others may read or write is refused", arguments: ["config.json", "env"],
    [0o640, 0o604, 0o620, 0o601] as [UInt32])
  func mode(name: String, mode: UInt32) throws {
    let scratch = try Scratch()
    try scratch.write(name, "", mode: mode)
    let failure = failure { try Settings.load(scratch.home) }
    #expect(failure?.code == .configuration)
    #expect(
      failure?.message == "\"\(scratch.path)/\(name)\" is open to others (mode \(String(mode, radix: 8)))")
    #expect(failure?.hint == "chmod 600 \(scratch.path)/\(name)")
  }

  @Test("a file of somebody else is refused", .enabled(if: geteuid() == 0))
  func owner() throws {
    let scratch = try Scratch()
    try scratch.write("config.json", "{}")
    #expect(chown(scratch.home.config, 1234, 1234) == 0)
    let failure = failure { try Settings.load(scratch.home) }
    #expect(failure?.code == .configuration)
    #expect(failure?.message.hasSuffix("belongs to user 1234, and this is user 0") == true)
  }

  @Test("a file that is too large, a directory and a FIFO are refused without waiting")
  func kinds() throws {
    let scratch = try Scratch()
    try scratch.write("config.json", "{}" + String(repeating: " ", count: 1 << 20))
    #expect(
      failure { try Settings.load(scratch.home) }?.message.hasSuffix("has more than 1048576 bytes") == true)
    unlink(scratch.home.config)
    try Files.makeDirectory(scratch.home.config)
    #expect(failure { try Settings.load(scratch.home) }?.message.hasSuffix("is not a regular file") == true)
    rmdir(scratch.home.config)
    mkfifo(scratch.home.config, 0o600)
    #expect(failure { try Settings.load(scratch.home) }?.message.hasSuffix("is not a regular file") == true)
  }

  @Test("a change is seen once, good or bad")
  func reload() throws {
    let scratch = try Scratch()
    var settings = try Settings.load(scratch.home, environment: ["AGIM_DEFAULT_AGENT": "kept"])
    #expect(try settings.reloadIfChanged(scratch.home)?.language == nil)
    try scratch.write("config.json", #"{"language":"zh"}"#)
    settings = try #require(try settings.reloadIfChanged(scratch.home))
    #expect(settings.language == .zh && settings.defaultAgent == "kept")
    #expect(try settings.reloadIfChanged(scratch.home)?.language == nil)

    try scratch.write("config.json", "{")
    #expect(throws: Failure.self) { try settings.reloadIfChanged(scratch.home) }
    #expect(settings.language == .zh)
    #expect(try settings.reloadIfChanged(scratch.home)?.language == nil)

    try scratch.write("env", "X=1\n")
    #expect(throws: Failure.self) { try settings.reloadIfChanged(scratch.home) }
    unlink(scratch.home.config)
    settings = try #require(try settings.reloadIfChanged(scratch.home))
    #expect(settings.language == .en && settings.variable("X") == "1")

    #expect(chmod(scratch.home.env, 0o644) == 0)
    #expect(throws: Failure.self) { try settings.reloadIfChanged(scratch.home) }
  }
}
