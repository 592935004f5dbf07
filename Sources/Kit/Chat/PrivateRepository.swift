internal import Glibc
internal import Policy
internal import System

/// A repository that shows the objects and the index of another, under settings that nobody changes.
///
/// What is written into the settings of a repository may have git run programs (`filter.NAME.clean`). They
/// were looked at before, and an agent in a sandbox can write them again at any moment after; so git gets a
/// copy of what is looked at here, and reads no other.
final class PrivateRepository {
  /// Its directory.
  let path: String
  private let original: String

  /// A copy for a work directory that holds a repository.
  ///
  /// - Throws: `SystemError` when it cannot be made or the settings cannot be read.
  /// - Returns: nil where the settings are such that they might run a program.
  init?(of root: String, at path: String) throws(SystemError) {
    (self.path, original) = (path, root + "/.git")
    let settings = try Files.readRegularWithoutLinks(original + "/config", limit: 65_536)
    guard Policy.isHarmless(gitSettings: settings) else { return nil }
    // git wants all of them to take it for a repository.
    for directory in ["", "/objects", "/refs"] { try Files.makeDirectory(path + directory) }
    try Files.write(settings, to: path + "/config")
    try Files.write(Array("ref: refs/heads/none\n".utf8), to: path + "/HEAD")
  }

  /// Whom a revision of the original means is asked of the original: that reads settings, and runs nothing.
  var revision: [String] { ["--git-dir=\(original)", "rev-parse", "--verify", "--quiet", "HEAD^{commit}"] }

  /// What has it show the original's objects and index.
  var environment: [String: String] {
    ["GIT_OBJECT_DIRECTORY": original + "/objects", "GIT_INDEX_FILE": original + "/index"]
  }

  deinit {
    for file in ["/config", "/HEAD"] { unlink(path + file) }
    for directory in ["/objects", "/refs", ""] { rmdir(path + directory) }
  }
}
