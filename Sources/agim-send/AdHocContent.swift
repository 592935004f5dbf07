import Console
import Delivery
import Glibc
import JSON
import Settings
import Stage
import System
import Text
import Wire

/// What is sent: a text, a subject, and files that were copied below `files/`.
struct AdHocContent {
  private var text = ""
  private let subject: String?
  private var files: [Attachment] = []
  /// A log is shown as it is to people, and goes into a file without any marks.
  private let isLog: Bool

  /// The largest file, in bytes.
  static let fileLimit = 64 << 20
  private static let textLimit = 16 << 20

  /// Reads standard input and files.
  ///
  /// - Throws: `Failure`.
  init(_ wish: AdHoc.Wish, _ stage: Stage) throws {
    subject = wish.subject
    isLog = wish.tail != nil
    if !wish.files.isEmpty, ProcessTree.isBelowGuardian() {
      throw Failure(
        .notPermitted, "--attach: an agent may not send files by itself",
        hint: "an agent's reply names the files that go with it, and the gate is asked about each")
    }
    let isInput = wish.text.isEmpty || wish.text == ["-"]
    text = isInput ? "" : wish.text.joined(separator: " ")
    if let name = wish.fileName {
      guard wish.text != ["-"] else {
        throw Failure.usage("--as-file: standard input is the file, and cannot be the text")
      }
      let bytes = try Self.read(limit: Self.fileLimit, keepingEnd: nil)
      guard !bytes.isEmpty else { throw Failure(.dataError, "--as-file: standard input is empty") }
      files.append(try Self.keep(bytes, name, stage))
    } else if isInput, wish.files.isEmpty || wish.text == ["-"] || Self.hasInput {
      text = try Self.text(tail: wish.tail)
    } else if wish.tail != nil {
      throw Failure.usage("--tail is about standard input")
    }
    for path in wish.files { files.append(try Self.copy(path, stage)) }
    while text.last?.isNewline == true { text.removeLast() }
    guard !text.isEmpty || !files.isEmpty else {
      throw Failure(.dataError, "no text to send", hint: "give it as operands or on standard input")
    }
    let (fitted, file) = LongText.fit(text, stage)
    text = fitted
    if let file { files.append(file) }
  }

  /// With a file to send, standard input counts where something is behind it: not a terminal, not /dev/null.
  private static var hasInput: Bool {
    var status = stat()
    guard fstat(0, &status) == 0 else { return false }
    return status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFIFO
  }

  /// For a dry run.
  var shown: String {
    let names = files.map { "[\(displayEscaped($0.name)), \($0.size) bytes]" }
    return ([subject].compactMap { $0 } + (text.isEmpty ? [] : [text]) + names).joined(separator: "\n")
  }

  /// Refuses files that a target does not take, before anything is stored.
  func check(_ target: Target, _ stage: Stage, _ messengers: Messengers) throws {
    guard !files.isEmpty, let judge = try messenger(target, stage, messengers) as? any FileChecking else {
      return
    }
    for file in files {
      guard let reason = judge.refusal(of: file) else { continue }
      throw Failure(
        .notPermitted, "\(target): \(displayEscaped(file.name)): \(reason)", hint: "nothing was sent")
    }
  }

  /// The line for a target.
  func line(for target: Target, _ stage: Stage, _ messengers: Messengers) throws -> (
    id: String, line: [UInt8]
  ) {
    var text = text
    if isLog, case .address = target {
      // Longer than any run of them inside, so that the log cannot end it.
      var longest = 2
      var run = 0
      for byte in text.utf8 {
        run = byte == UInt8(ascii: "`") ? run + 1 : 0
        longest = max(longest, run)
      }
      let fence = String(repeating: "`", count: longest + 1)
      text = "\(fence)\n\(text)\n\(fence)"
    }
    let isShown = try messenger(target, stage, messengers) is any SubjectShowing
    if let subject, !isShown {
      // People read it; a file and a program get it as it is.
      let isChat = if case .address = target { true } else { false }
      text = isChat ? Subject.before(text, subject) : text.isEmpty ? subject : "\(subject)\n\n\(text)"
    }
    var made = stage.maker.reply(to: Cause(id: nil, trace: nil, session: target.session), text: text)
    if let subject, isShown {
      var scanner = LineScanner()
      var json = JSONWriter()
      json.value(subject)
      if (try? scanner.scan(made.line.span)) != nil {
        made.line = LineEditor.set(
          [(name: "subject", rawValue: json.bytes)], in: made.line.span, scanner: scanner)
      }
    }
    return (made.id, Attachment.add(files, to: made.line))
  }

  // MARK: - Reading

  private static func text(tail: Int?) throws -> String {
    if isatty(0) == 1 { Log.notice("reading the text from the terminal; end it with Ctrl-D") }
    var bytes = try read(limit: textLimit, keepingEnd: tail == nil ? nil : 4 << 20)
    guard !bytes.contains(0) else {
      throw Failure(.dataError, "standard input: not text (it holds a NUL)", hint: "send it --as-file NAME")
    }
    guard let tail else { return String(decoding: bytes, as: UTF8.self) }
    while bytes.last == 0x0A || bytes.last == 0x0D { bytes.removeLast() }
    var start = bytes.endIndex
    for _ in 0..<tail {
      guard let line = bytes[..<start].lastIndex(of: 0x0A) else {
        return String(decoding: bytes, as: UTF8.self)
      }
      start = line
    }
    return String(decoding: bytes[(start + 1)...], as: UTF8.self)
  }

  private static func read(limit: Int, keepingEnd end: Int?) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let input = Descriptor(dup(0))
    while true {
      let piece = try input.readWaiting(upTo: 65_536, subject: "standard input")
      if piece.isEmpty { return bytes }
      bytes += piece
      if let end {
        if bytes.count > 2 * end { bytes.removeFirst(bytes.count - end) }
      } else if bytes.count > limit {
        throw Failure(
          .dataError, "standard input: longer than \(limit) bytes",
          hint: "send a part of it, such as --tail 100")
      }
    }
  }

  private static func copy(_ path: String, _ stage: Stage) throws -> Attachment {
    let bytes: [UInt8]
    do {
      bytes = try Files.readRegular(path, limit: fileLimit)
    } catch {
      let reason = error.errno == EFBIG ? "larger than \(fileLimit >> 20) MiB" : error.reason
      throw Failure(.noInput, "cannot send \(Shown.path(path)): \(reason)", hint: "nothing was sent")
    }
    return try keep(
      bytes, path.utf8.split(separator: UInt8(ascii: "/")).last.map { String($0) ?? path } ?? path, stage)
  }

  private static func keep(_ bytes: [UInt8], _ name: String, _ stage: Stage) throws -> Attachment {
    guard !name.isEmpty, name.utf8.count <= 255,
      !name.utf8.contains(where: { $0 == 0x2F || $0 < 0x20 || $0 == 0x7F })
    else { throw Failure.usage("--as-file: '\(displayEscaped(name))' is not the name of a file") }
    return try Attachment.keep(bytes, name: name, mime: Attachment.mime(of: bytes), stage)
  }
}
