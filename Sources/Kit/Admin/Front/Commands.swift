internal import Console
internal import Glibc
internal import Settings
internal import System

/// The commands that `agim CMD` can run: programs called `agim-CMD`, beside this one or in PATH.
package struct Commands {
  /// The directory of the running program.
  package let directory: String
  private let path: [String]

  /// The commands as this process finds them.
  ///
  /// - Throws: `SystemError` when the system does not say which program runs.
  package init() throws {
    self.init(
      directory: try OwnProgram.directory(),
      path: ProcessGuard.variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin")
  }

  /// The commands of a directory and of a PATH.
  package init(directory: String, path: String) {
    self.directory = directory
    self.path = path.split(separator: ":").map(String.init)
  }

  /// The path of a program, nil when there is none; the one beside us comes first.
  package func find(_ command: String) -> String? {
    guard Self.isName(command) else { return nil }
    return ([directory] + path).lazy.map { "\($0)/agim-\(command)" }.first(where: Programs.isProgram)
  }

  /// The commands beside us, and those only found in PATH, in order.
  package func installed() -> (ours: [String], others: [String]) {
    let ours = Self.names(in: directory)
    let others = Set(path.flatMap(Self.names)).subtracting(ours)
    return (ours, others.sorted())
  }

  /// What commands say about themselves with `--help-options`.
  package func described(_ names: [String]) -> [Described] {
    names.compactMap { name in
      // A stranger's program might take the word for something else: only ours are asked.
      let listing = try? ProgramOutput.run(
        ["\(directory)/agim-\(name)", "--help-options"], ["PATH": "/usr/bin:/bin"], errors: .null,
        time: .seconds(5), limit: 1 << 16)
      return listing.flatMap { Described("agim-\(name)", listing: String(decoding: $0, as: UTF8.self)) }
    }
  }

  /// Letters, digits and dashes: no path, no option.
  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, first != UInt8(ascii: "-"), name.utf8.count <= 64 else { return false }
    return name.utf8.allSatisfy {
      0x61...0x7A ~= $0 | 0x20 || 0x30...0x39 ~= $0 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
    }
  }

  private static func names(in directory: String) -> [String] {
    guard let list = opendir(directory) else { return [] }
    defer { closedir(list) }
    var names: [String] = []
    while let entry = readdir(list) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      let command = String(name.dropFirst(5))
      if name.hasPrefix("agim-"), isName(command), Programs.isProgram("\(directory)/\(name)") {
        names.append(command)
      }
    }
    return names.sorted()
  }
}
