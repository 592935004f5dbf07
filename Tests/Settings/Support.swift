import Console
import Glibc
import System
import TestSupport
import Testing

@testable import Settings

extension Scratch {
  var home: Home { Home(path: path) }

  func write(_ name: String, _ text: String, mode: UInt32 = 0o600) throws {
    try Files.write(Array(text.utf8), to: "\(path)/\(name)")
    #expect(chmod("\(path)/\(name)", mode) == 0)
  }
}

/// Settings of a text, without any file.
func settings(_ config: String?, env: String? = nil, _ variables: [String: String] = [:]) throws -> Settings {
  try Settings.parse(
    config: config.map { Array($0.utf8) }, env: env.map { Array($0.utf8) },
    home: Home(path: "/home/me/.agim"),
    environment: variables.merging(["HOME": "/home/me"]) { first, _ in first })
}

/// The failure of something that must fail.
func failure<Result>(_ body: () throws -> Result) -> Failure? {
  do {
    _ = try body()
    Issue.record("expected a failure")
  } catch let failure as Failure {
    return failure
  } catch {
    Issue.record("expected a Failure, got \(error)")
  }
  return nil
}

/// The text of a file in the repository.
func source(_ path: String) throws -> String {
  let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  return String(decoding: try Files.read("/\(root)/\(path)", limit: 1 << 20), as: UTF8.self)
}
