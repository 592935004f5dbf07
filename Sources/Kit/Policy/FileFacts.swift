/// What kind of thing a path names.
package enum FileKind: Sendable, Equatable {
  /// A regular file.
  case file
  /// A directory.
  case directory
  /// A symbolic link; only in listings, a resolved path is never one.
  case link
  /// Nothing is there.
  case missing
  /// A device, a pipe, a socket, or something that cannot be looked at.
  case other
}

/// Where a path leads to.
package struct ResolvedPath: Sendable, Equatable {
  /// The absolute path without links, `.` and `..`, as far as it exists; the rest as it was written.
  package var path: String
  /// What is there.
  package var kind: FileKind
  /// How many names the file has.
  package var links: Int
  /// Whether only root may change the file.
  package var isRootOwned: Bool

  /// A path and what is known of it.
  package init(path: String, kind: FileKind, links: Int = 1, isRootOwned: Bool = false) {
    self.path = path
    self.kind = kind
    self.links = links
    self.isRootOwned = isRootOwned
  }
}

/// One name in a directory.
package struct DirectoryEntry: Sendable, Equatable {
  /// The name.
  package var name: String
  /// What it is, links not followed.
  package var kind: FileKind
  /// How many names a file has.
  package var links: Int

  /// A name and what it is.
  package init(name: String, kind: FileKind, links: Int = 1) {
    self.name = name
    self.kind = kind
    self.links = links
  }
}

/// What the policy wants to know about files; it never looks itself.
package protocol FileFacts {
  /// Follows a path, relative ones from a directory that is absolute and was itself followed before.
  func resolve(_ path: String, from directory: String) -> ResolvedPath
  /// The file that a program's name means in these directories, links not followed; nil when there is none.
  func program(_ name: String, path: [String]) -> String?
  /// The content of a regular file; nil when it cannot be read or is longer than the limit.
  func contents(of path: String, limit: Int) -> [UInt8]?
  /// What changes whenever a file is changed or replaced, where its content is too long to be read.
  func identity(of path: String) -> String?
  /// What is in a directory, links not followed; nil when it cannot be read or holds more than the limit.
  func entries(of directory: String, limit: Int) -> [DirectoryEntry]?
}

extension FileFacts {
  package func identity(of path: String) -> String? { nil }
}
