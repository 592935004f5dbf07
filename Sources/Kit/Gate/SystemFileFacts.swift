internal import Glibc
package import Policy
package import System

/// What the system says about files, for the policy.
///
/// It looks when it is asked. Only what lies below `/usr`, where nobody but root changes anything, is
/// remembered for a second: every call asks about some program there.
package final class SystemFileFacts: FileFacts {
  private var programs: [String: Bool] = [:]
  private var places: [String: ResolvedPath] = [:]
  private var began: Int64 = 0
  private let clock: Clock

  /// Asks the system, and the clock how long ago that was.
  package init(clock: Clock = .system) { self.clock = clock }

  private func forgetOld() {
    let now = clock.monotonic()
    guard now - began >= 1000 else { return }
    began = now
    programs.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }

  private static func isKept(_ path: String) -> Bool {
    path.utf8.starts(with: "/usr/bin/".utf8) || path.utf8.starts(with: "/usr/sbin/".utf8)
  }

  package func resolve(_ path: String, from directory: String) -> ResolvedPath {
    guard Self.isKept(path) else { return walk(path, from: directory) ?? slow(path, from: directory) }
    forgetOld()
    if let known = places[path] { return known }
    let found = walk(path, from: directory) ?? slow(path, from: directory)
    if places.count < 1024 { places[path] = found }
    return found
  }

  /// One look for each part of the path, as long as none is a link; nil when one is.
  private func walk(_ path: String, from directory: String) -> ResolvedPath? {
    let slash = UInt8(ascii: "/")
    var place = Array(directory.utf8)
    var rest = path.utf8[...]
    if path.utf8.contains(0) { return nil }
    if rest.first == slash {
      // Below a directory that is known, only the rest has to be looked at.
      if place.count > 1, rest.starts(with: place),
        rest.dropFirst(place.count).first.map({ $0 == slash }) ?? true
      {
        rest = rest.dropFirst(place.count)
      } else {
        place = []
      }
    }
    if place.count == 1 { place = [] }
    var about = stat()
    var isLooked = false
    var isMissing = false
    for part in rest.split(separator: slash) {
      if part.count == 1, part.first == UInt8(ascii: ".") { continue }
      if part.count == 2, part.elementsEqual("..".utf8) {
        // What is missing has no parent that could be told.
        if isMissing { return nil }
        place.removeSubrange((place.lastIndex(of: slash) ?? 0)...)
        isLooked = false
        continue
      }
      if isLooked, about.st_mode & S_IFMT != S_IFDIR { isMissing = true }
      place.append(slash)
      place.append(contentsOf: part)
      if isMissing { continue }
      place.append(0)
      let result = place.withUnsafeBytes { raw in
        raw.baseAddress.map { lstat($0.assumingMemoryBound(to: CChar.self), &about) } ?? -1
      }
      place.removeLast()
      if result != 0 {
        guard errno == ENOENT || errno == ENOTDIR else { return nil }
        isMissing = true
        continue
      }
      if about.st_mode & S_IFMT == S_IFLNK { return nil }
      isLooked = true
    }
    let text = place.isEmpty ? "/" : String(decoding: place, as: UTF8.self)
    if isMissing { return ResolvedPath(path: text, kind: .missing) }
    if !isLooked, lstat(text, &about) != 0 { return nil }
    return ResolvedPath(
      path: text, kind: Self.kind(about.st_mode), links: Int(about.st_nlink), isRootOwned: Self.isRoots(about)
    )
  }

  private static func isRoots(_ about: stat) -> Bool {
    about.st_uid == 0 && about.st_mode & (S_IWGRP | S_IWOTH) == 0
  }

  private func slow(_ path: String, from directory: String) -> ResolvedPath {
    let absolute = path.utf8.first == UInt8(ascii: "/") ? path : directory + "/" + path
    guard !absolute.utf8.contains(0) else { return ResolvedPath(path: "/", kind: .other) }
    if let real = Self.real(absolute) { return Self.described(real) }
    // As far as it exists, and then the rest by its text.
    var parts = absolute.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    var rest: [String] = []
    while let last = parts.popLast() {
      rest.append(last)
      let head = "/" + parts.joined(separator: "/")
      // A link to nothing is followed too: its target is what would be made.
      if let target = Self.target(of: head == "/" ? "/\(last)" : "\(head)/\(last)") {
        return follow(target, from: head, rest: rest.dropLast(), depth: 0)
      }
      guard let real = Self.real(head) else {
        if errno == ENOENT || errno == ENOTDIR { continue }
        return ResolvedPath(path: Self.textual(absolute), kind: .other)
      }
      let whole = Self.textual(([real] + rest.reversed()).joined(separator: "/"))
      // After what is missing, `..` may lead back to something that is there.
      return rest.contains("..")
        ? Self.described(whole, missing: true) : ResolvedPath(path: whole, kind: .missing)
    }
    return ResolvedPath(path: Self.textual(absolute), kind: .missing)
  }

  private func follow(_ target: String, from head: String, rest: ArraySlice<String>, depth: Int)
    -> ResolvedPath
  {
    let next = ([target] + rest.reversed()).joined(separator: "/")
    let absolute = target.utf8.first == UInt8(ascii: "/") ? next : head + "/" + next
    // A link to a link to nothing is as much as is followed.
    return ResolvedPath(path: Self.real(absolute) ?? Self.textual(absolute), kind: .other)
  }

  package func program(_ name: String, path: [String]) -> String? {
    for directory in path {
      let file = "\(directory)/\(name)"
      let isKept = Self.isKept(file)
      if isKept { forgetOld() }
      let isThere = isKept ? programs[file] ?? Self.isProgram(file) : Self.isProgram(file)
      if isKept, programs.count < 1024 { programs[file] = isThere }
      if isThere { return file }
    }
    return nil
  }

  private static func isProgram(_ file: String) -> Bool {
    var about = stat()
    return stat(file, &about) == 0 && about.st_mode & S_IFMT == S_IFREG && about.st_mode & 0o111 != 0
  }

  package func contents(of path: String, limit: Int) -> [UInt8]? {
    // Not a pipe, which could make us wait.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var about = stat()
    guard fstat(file, &about) == 0, about.st_mode & S_IFMT == S_IFREG, about.st_size <= limit else {
      return nil
    }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let got = read(file, &piece, piece.count)
      if got < 0, errno == EINTR { continue }
      guard got >= 0, bytes.count + got <= limit else { return nil }
      if got == 0 { return bytes }
      bytes += piece[..<got]
    }
  }

  package func identity(of path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    let changed =
      "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
    return "\(status.st_dev) \(status.st_ino) \(status.st_size) \(changed)"
  }

  package func entries(of directory: String, limit: Int) -> [DirectoryEntry]? {
    guard let stream = opendir(directory) else { return nil }
    defer { closedir(stream) }
    let own = dirfd(stream)
    var found: [DirectoryEntry] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      guard found.count < limit else { return nil }
      var about = stat()
      guard fstatat(own, name, &about, AT_SYMLINK_NOFOLLOW) == 0 else {
        found.append(DirectoryEntry(name: name, kind: .other))
        continue
      }
      found.append(
        DirectoryEntry(name: name, kind: Self.kind(about.st_mode), links: Int(about.st_nlink)))
    }
    return found
  }

  private static func described(_ real: String, missing: Bool = false) -> ResolvedPath {
    var about = stat()
    guard lstat(real, &about) == 0 else { return ResolvedPath(path: real, kind: missing ? .missing : .other) }
    return ResolvedPath(
      path: real, kind: kind(about.st_mode), links: Int(about.st_nlink), isRootOwned: isRoots(about))
  }

  private static func kind(_ mode: mode_t) -> FileKind {
    switch mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .directory
    case S_IFLNK: .link
    default: .other
    }
  }

  private static func real(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(validatingCString: found)
  }

  private static func target(of path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4097)
    let count = readlink(path, &buffer, 4096)
    guard count > 0 else { return nil }
    return String(validating: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func textual(_ path: String) -> String {
    var parts: [Substring.UTF8View] = []
    for part in path.utf8.split(separator: UInt8(ascii: "/")) {
      if part.elementsEqual(".".utf8) { continue }
      if part.elementsEqual("..".utf8) { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.isEmpty ? "/" : parts.map { "/" + Substring($0) }.joined()
  }
}
