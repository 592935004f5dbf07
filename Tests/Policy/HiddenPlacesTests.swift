import Settings
import Testing

@testable import Policy

/// A tree that is made while it is looked at: directories of packages as deep as anybody asks for.
private struct Packages: FileFacts {
  /// How many packages are in each directory of them.
  var width: Int
  var levels: Int

  func entries(of directory: String, limit: Int) -> [DirectoryEntry]? {
    let below = directory.dropFirst(work.count).split(separator: "/")
    var found: [DirectoryEntry] = []
    switch below.count {
    case 0:
      found = ["a_packages", ".git", "services", "z_packages"].map {
        DirectoryEntry(name: $0, kind: .directory)
      }
      found += [".env", "README.md"].map { DirectoryEntry(name: $0, kind: .file) }
    case 1 where below[0] == ".git":
      found = [
        DirectoryEntry(name: "objects", kind: .directory), DirectoryEntry(name: "config", kind: .file),
      ]
    case 2 where below[0] == ".git": found = [DirectoryEntry(name: "server.pem", kind: .file)]
    case 1 where below[0] == "services": found = [DirectoryEntry(name: "one", kind: .directory)]
    case 2 where below[0] == "services":
      found = [DirectoryEntry(name: ".env", kind: .file), DirectoryEntry(name: "link.pem", kind: .link)]
    default:
      guard below.first?.hasSuffix("packages") == true, below.count <= levels else { return [] }
      found = (0..<width).map { DirectoryEntry(name: "p\($0)", kind: .directory) }
    }
    return found.count <= limit ? found : nil
  }

  func resolve(_ path: String, from directory: String) -> ResolvedPath {
    ResolvedPath(path: path, kind: .directory)
  }
  func program(_ name: String, path: [String]) -> String? { nil }
  func contents(of path: String, limit: Int) -> [UInt8]? { nil }
}

@Suite struct HiddenPlacesTests {
  private let places = HiddenPlaces(home: home, agimHome: Home(path: home + "/.agim"))

  @Test(
    "secrets near the top of a work directory are found, however much there is below it",
    arguments: [
      Packages(width: 0, levels: 0), Packages(width: 40, levels: 6), Packages(width: 200_000, levels: 1),
    ])
  private func fromAbove(_ files: Packages) {
    let found = places.secrets(below: work, files: files)
    #expect(found.sorted() == ["\(work)/.env", "\(work)/services/one/.env"])
  }
}
