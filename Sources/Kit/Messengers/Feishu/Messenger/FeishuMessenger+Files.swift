internal import Console
internal import Delivery
internal import FeishuWire
internal import JSON
internal import Journal
internal import Network
internal import Stage
internal import Store
internal import System

/// Files: each is uploaded, and then shown by a message of its own.
extension FeishuMessenger {
  /// Sends a delivery's file.
  func upload(_ attachment: Attachment, _ job: SendJob) throws {
    if let known = job.delivery.posted.flatMap(UploadedFile.init(json:)) { return try show(known, job) }
    guard attachment.size <= FileForm.fileLimit else {
      return try tell(FeishuWords(stage).tooLarge(attachment.name, attachment.size), job)
    }
    let file = try job.delivery.open(attachment, limit: FileForm.fileLimit)
    guard file.attachment.size > 0 else { return try tell(FeishuWords(stage).empty(attachment.name), job) }
    // What is uploaded is read by its places, so that this reading takes nothing away.
    var content: [UInt8] = []
    let wanted = attachment.kind == .voice ? FileForm.fileLimit : 512
    while content.count < wanted {
      guard let piece = try file.descriptor.read(upTo: 65_536, subject: attachment.path), !piece.isEmpty
      else {
        break
      }
      content += piece
    }
    try upload(file, as: FileForm.of(file.attachment, content), job)
  }

  private func upload(_ file: OutFile, as form: FileForm, _ job: SendJob) throws {
    let name = Self.name(file.attachment.name)
    let size = file.attachment.size
    let request = uploading(form, name) { parts, field in
      parts.file(field, filename: name, mime: file.attachment.mime, file.descriptor, count: size)
    }
    try send(request, form, size: size, job) { [weak self] error in
      guard let self else { return }
      guard error.isAboutContent, form != .plain else { return try job.end(error.fate) }
      // A picture with too many points, a video of another kind: as a file it is welcome.
      try upload(file, as: .plain, job)
    }
  }

  /// Sends a text that is too long for a message as a file.
  func uploadText(_ text: String, _ job: SendJob) throws {
    if let known = job.delivery.posted.flatMap(UploadedFile.init(json:)) { return try show(known, job) }
    let content = Array(text.utf8)
    let name = LongReply(stage).fileName
    let request = uploading(.plain, name) { parts, field in
      parts.file(field, filename: name, mime: "text/markdown; charset=utf-8", content)
    }
    try send(request, .plain, size: content.count, job) { try job.end($0.fate) }
  }

  private func uploading(
    _ form: FileForm, _ name: String, _ add: (inout Multipart, String) -> Void
  ) -> HTTPRequest {
    var parts = Multipart(random: stage.loop.clock.random)
    let isImage = form.upload == "image"
    if isImage {
      parts.field("image_type", "message")
    } else {
      parts.field("file_type", form.upload)
      parts.field("file_name", name)
      if let duration = form.duration { parts.field("duration", String(duration)) }
    }
    add(&parts, isImage ? "image" : "file")
    return HTTPRequest("POST", client.url(isImage ? "/im/v1/images" : "/im/v1/files"), form: parts)
  }

  private func send(
    _ request: HTTPRequest, _ form: FileForm, size: Int, _ job: SendJob,
    failed: @escaping (FeishuError) throws -> Void
  ) throws {
    var request = request
    // At 20 kB a second it is still worth waiting.
    request.limits.total = 60_000 + Int64(size / 20)
    try paced("upload") { [weak self] in
      guard let self, !job.isOver else { return }
      client.send(request) { [weak self] result in
        guard let self, !job.isOver else { return }
        switch result {
        case .failure(let error):
          slowDown(error, "upload")
          error.isPassing ? try job.end(error.fate) : try failed(error)
        case .success(let answer):
          let key = answer.data[form.upload == "image" ? "image_key" : "file_key"]?.string
          guard let key, !key.isEmpty, key.utf8.count <= 256 else {
            return try job.end(.postponed(reason: "Feishu's answer to an upload has no key", after: nil))
          }
          let uploaded = UploadedFile(type: form.message, key: key)
          try job.delivery.remember(uploaded.json)
          try show(uploaded, job)
        }
      }
    }
  }

  /// Sends the message that shows an uploaded file.
  private func show(_ file: UploadedFile, _ job: SendJob) throws {
    // Uploaded anew, it is another message.
    try post(.upload(file.type, key: file.key), job, variant: String(file.key.suffix(6)))
  }

  /// Says in the chat that a file does not come, and why.
  private func tell(_ reason: String, _ job: SendJob) throws {
    let address = try job.delivery.address()
    let key = MessageKey(job.delivery.row.id, job.delivery.row.part, "x")
    try post(.post(reason), to: address, origin: job.delivery.origin, key: key) { result in
      if case .failure(let error) = result, error.isPassing { return try job.end(error.fate) }
      try job.end(.refused(reason: reason))
    }
  }

  /// A file's name as people may see it: no part of a path, nothing that is not shown.
  private static func name(_ name: String) -> String {
    let kept = name.unicodeScalars.filter {
      $0.properties.generalCategory != .control && $0 != "/" && $0 != "\\"
    }
    var text = String(String.UnicodeScalarView(kept))
    while text.utf8.count > 200 { text.removeFirst() }
    return text.isEmpty ? "file" : text
  }
}

/// What is remembered of a file that was uploaded.
struct UploadedFile: Equatable {
  /// The type of the message that shows it.
  var type: String
  var key: String

  init(type: String, key: String) { (self.type, self.key) = (type, key) }

  init?(json: String) {
    guard let value = try? JSONReader.parse(json), let type = value["type"]?.string,
      let key = value["key"]?.string
    else { return nil }
    self.init(type: type, key: key)
  }

  var json: String {
    var json = JSONWriter()
    json.beginObject()
    json.member("type", type)
    json.member("key", key)
    json.endObject()
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
