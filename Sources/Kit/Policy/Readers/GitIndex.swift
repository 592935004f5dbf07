/// The index of a repository: the files that git looks at.
struct GitIndex {
  /// The first file that must not be read.
  private(set) var secret: String?
  private var isUnderstood = false
  private var hasLinks = false

  init(_ bytes: [UInt8]?) {
    guard let bytes else { return }
    isUnderstood = read(bytes)
  }

  /// Why git may do more than it seems; nil when it does not.
  func problem(isMissing: Bool) -> String? {
    if isMissing { return nil }
    if !isUnderstood { return "its index is not understood" }
    // git runs itself in each of them, with their own configuration.
    return hasLinks ? "there are submodules" : nil
  }

  /// Versions 2 and 3 of gitformat-index(5).
  private mutating func read(_ bytes: [UInt8]) -> Bool {
    func number(_ at: Int) -> Int {
      Int(bytes[at]) << 24 | Int(bytes[at + 1]) << 16 | Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
    }
    guard bytes.count >= 12, bytes[..<4].elementsEqual("DIRC".utf8), [2, 3].contains(number(4)) else {
      return false
    }
    var at = 12
    for _ in 0..<number(8) {
      guard at + 64 <= bytes.count else { return false }
      if number(at + 24) & 0o170000 == 0o160000 { hasLinks = true }
      let start = at + 62 + (bytes[at + 60] & 0x40 == 0 ? 0 : 2)
      guard start < bytes.count, let end = bytes[start...].firstIndex(of: 0) else { return false }
      if secret == nil { look(bytes[start..<end]) }
      at += (end - at + 8) / 8 * 8
    }
    return true
  }

  private mutating func look(_ path: ArraySlice<UInt8>) {
    let parts = path.split(separator: Paths.slash)
    guard let last = parts.last else { return }
    if SensitivePaths.secretFile(String(decoding: last, as: UTF8.self)) != nil
      || parts.contains(where: {
        $0.first == UInt8(ascii: ".")
          && SensitiveNames.directories.contains(String(decoding: $0, as: UTF8.self))
      })
    {
      secret = String(decoding: path, as: UTF8.self)
    }
  }
}
