internal import Glibc
internal import Policy
internal import Stage
internal import System
internal import Text

/// `/ls` and `/get`.
extension LocalServices {
  /// Larger files are not sent.
  private static let fileLimit = 20 << 20
  private static let readLimit = 10_000
  private static let showLimit = 200

  // MARK: - ls

  func list(_ given: String, _ rules: ReadingRules, _ words: any Catalogue) -> String {
    let found = rules.find(given, tool: "LS", member: "path")
    guard let place = found.place else { return words.say(.notShown(displayEscaped(found.refusal ?? ""))) }
    let name = displayEscaped(String(given.prefix(200)))
    guard place.kind == .directory,
      let opened = try? Descriptor.openWithoutLinks(place.path, O_RDONLY | O_DIRECTORY),
      let directory = fdopendir(opened.handOver())
    else { return words.say(.noDirectory(name)) }
    defer { closedir(directory) }
    var names: [String] = []
    while names.count < Self.readLimit, let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name == "." || name == ".." { continue }
      names.append(displayEscaped(name) + (entry.pointee.d_type == DT_DIR ? "/" : ""))
    }
    guard !names.isEmpty else { return words.say(.emptyDirectory) }
    let more = names.count - Self.showLimit
    return names.sorted().prefix(Self.showLimit).joined(separator: "\n")
      + (more > 0 ? "\n" + words.say(.moreEntries(more)) : "")
  }

  // MARK: - get

  func get(_ given: String, _ rules: ReadingRules, _ words: any Catalogue) -> ChatAnswer {
    guard !given.isEmpty else { return ChatAnswer(words.say(.badArgument(syntax: ChatVerb.get.syntax))) }
    let found = rules.find(given, tool: "Read", member: "file_path")
    guard let place = found.place else {
      return ChatAnswer(words.say(.notShown(displayEscaped(found.refusal ?? ""))))
    }
    let shown = displayEscaped(String(given.prefix(200)))
    guard place.kind == .file else { return ChatAnswer(words.say(.noFile(shown))) }
    do {
      let content = try Files.readRegularWithoutLinks(place.path, limit: Self.fileLimit)
      let name = place.path.split(separator: "/").last.map(String.init) ?? "file"
      let file = try Attachment.keep(content, name: name, mime: Attachment.mime(of: content), stage)
      return ChatAnswer(words.say(.fileSent(displayEscaped(name), content.count)), file: file)
    } catch let error as SystemError where error.errno == EFBIG {
      return ChatAnswer(words.say(.fileTooLarge(shown, Self.fileLimit >> 20)))
    } catch {
      return ChatAnswer(words.say(.failed(displayEscaped("\(error)"))))
    }
  }
}
