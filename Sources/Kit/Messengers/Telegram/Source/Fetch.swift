internal import Console
internal import Delivery
internal import JSON
internal import Network
internal import Settings
internal import Stage
internal import System
internal import TelegramWire
internal import Text

/// One file on its way to us.
final class Fetch {
  private(set) var attachment: Attachment?
  private(set) var isBegun = false
  private(set) var isOver = false

  private let file: ChatFile
  private weak var source: TelegramSource?
  private var done: ((String?) throws -> Void)?
  private var transfer: HTTPTransfer?
  private var timer: EventLoop.Timer?
  private var attempts = 0

  /// So often it is tried, within about a minute.
  private static let tries = 6

  init(_ file: ChatFile) { self.file = file }

  /// Begins; `done` is called once, with a note for the message where the file will not come.
  func begin(_ source: TelegramSource, done: @escaping (String?) throws -> Void) {
    isBegun = true
    self.source = source
    self.done = done
    // Never from inside: whoever asks is not ready to hear yet.
    timer = source.stage.loop.after(0) { [weak self] in try self?.ask() }
  }

  func stop() {
    done = nil
    timer?.cancel()
    transfer?.cancel()
  }

  private func ask() throws {
    guard let source else { return }
    if let size = file.size, size > source.downloadLimit { return try end(tooLarge(source)) }
    transfer = source.api.call("getFile", .of(["file_id": .string(file.id)]), isRepeatable: true) {
      [weak self] result in
      guard let self else { return }
      switch result {
      case .failure(let failure): try failed(failure)
      case .success(let value):
        guard let path = value["file_path"]?.string else {
          return try refused("the server has no path for it")
        }
        try get(path)
      }
    }
  }

  private func get(_ path: String) throws {
    guard let source else { return }
    if path.hasPrefix("/") { return try read(path, source) }
    var request = HTTPRequest("GET", source.api.fileAddress(path))
    request.secrets = [source.api.token.text]
    request.limits.body = source.downloadLimit
    // A slow line brings 32 KiB a second.
    request.limits.total = 30_000 + Int64((file.size ?? source.downloadLimit) / 32)
    transfer = source.client.send(request) { [weak self] result in
      guard let self, self.source != nil else { return }
      switch result {
      case .failure(let error):
        if error.kind == .bodyTooLarge { return try end(tooLarge(source)) }
        try failed(CallFailure(error, token: source.api.token))
      case .success(let response):
        guard response.status == 200 else {
          let status = response.status
          // The link may have ended meanwhile; another getFile makes a new one.
          return try failed(
            CallFailure(.server, "status \(status)", status: status, isTemporary: true))
        }
        try keep(response.body, source)
      }
    }
  }

  /// A server on this machine gives the path of the file instead of the file.
  private func read(_ path: String, _ source: TelegramSource) throws {
    guard let folder = source.bot.localFiles else {
      return try refused(
        "the server gives a path on its own disk: name its directory as \"local_files\" of account \"\(source.bot.name)\""
      )
    }
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let isBelow = path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
    guard isBelow, !parts.contains(where: { $0.elementsEqual("..".utf8) }) else {
      return try refused("the server gives a path that is not below \(folder)")
    }
    do {
      try keep(try Files.readRegularWithoutLinks(path, limit: source.downloadLimit), source)
    } catch let error as SystemError {
      try refused("\(error)")
    }
  }

  private func keep(_ content: [UInt8], _ source: TelegramSource) throws {
    let mime = Attachment.mime(of: content)
    let isImage = mime.hasPrefix("image/")
    let kind: Attachment.Kind =
      switch file.kind {
      case .image: isImage ? .image : .file
      case .voice: .voice
      case .video: .video
      case .file: isImage ? .image : .file
      }
    let name = file.name.isEmpty ? (isImage ? "image" : "file") : file.name
    do {
      attachment = try Attachment.keep(
        content, kind: kind, name: String(name.unicodeScalars.prefix(200).map(Character.init)), mime: mime,
        source.stage)
    } catch let error as SystemError {
      // A full disk: nothing is lost, the server keeps the file.
      Log.warning("a file cannot be kept", [("reason", "\(error)")])
      return later(30_000)
    }
    try end(nil)
  }

  private func failed(_ failure: CallFailure) throws {
    guard let source else { return }
    attempts += 1
    switch failure.kind {
    case .tooLarge: return try end(tooLarge(source))
    case .flood(let wait): return later(wait)
    default: break
    }
    guard failure.isTemporary, attempts < Self.tries else { return try refused(failure.words) }
    later(min(30_000, 500 << Int64(attempts)))
  }

  private func later(_ milliseconds: Int64) {
    timer = source?.stage.loop.after(milliseconds) { [weak self] in try self?.ask() }
  }

  private func refused(_ reason: String) throws {
    Log.warning("a file was not fetched", [("name", displayEscaped(file.name)), ("reason", reason)])
    guard let source else { return }
    try end(SourceWords.of(source.stage.settings.language).notFetched(name, reason))
  }

  private func tooLarge(_ source: TelegramSource) -> String {
    let words = SourceWords.of(source.stage.settings.language)
    return words.notFetched(name, words.tooLarge(source.downloadLimit >> 20))
  }

  private var name: String { file.name.isEmpty ? file.kind.rawValue : file.name }

  private func end(_ note: String?) throws {
    isOver = true
    let done = done
    self.done = nil
    try done?(note)
  }
}
