/// Whether the words of find only look for names and print them.
enum FindExpression {
  private static let tests: Set<String> = [
    "-name", "-iname", "-path", "-ipath", "-wholename", "-iwholename", "-regex", "-iregex", "-type",
    "-maxdepth",
    "-mindepth", "-size", "-mtime", "-mmin", "-ctime", "-cmin", "-atime", "-amin", "-perm", "-user", "-group",
    "-links", "-printf", "-regextype", "-inum", "-uid", "-gid", "-used",
  ]
  private static let files: Set<String> = ["-newer", "-anewer", "-cnewer", "-samefile"]
  private static let plain: Set<String> = [
    "-empty", "-print", "-print0", "-ls", "-prune", "-o", "-or", "-a", "-and", "-not", "!", "(", ")", ",",
    "-depth", "-d", "-xdev", "-mount", "-readable", "-writable", "-executable", "-daystart", "-quit", "-true",
    "-false", "-nouser", "-nogroup", "-noleaf", "-ignore_readdir_race", "-P", "-H",
  ]

  /// The paths that are searched or looked at, or the first word that is not known to be harmless.
  static func read(_ words: ArraySlice<String>) -> (paths: [String], problem: String?) {
    var paths: [String] = []
    var index = words.startIndex
    var inExpression = false
    while index < words.endIndex {
      let word = words[index]
      index += 1
      let isStart =
        word.utf8.first == UInt8(ascii: "-") || word == "(" || word == "!" || word == ")" || word == ","
      if !isStart {
        // A path behind the expression is one, too, to some finds.
        guard !inExpression else { return (paths, word) }
        paths.append(word)
        continue
      }
      if plain.contains(word) {
        if word != "-P", word != "-H" { inExpression = true }
        continue
      }
      inExpression = true
      guard index < words.endIndex else { return (paths, word) }
      if tests.contains(word) {
        index += 1
      } else if files.contains(word) {
        paths.append(words[index])
        index += 1
      } else {
        return (paths, word)
      }
    }
    return (paths.isEmpty ? ["."] : paths, nil)
  }
}
