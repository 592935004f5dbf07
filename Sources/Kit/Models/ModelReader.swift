package import JSON
internal import Network
package import Settings

/// Reads the answer to a prompt, as a stream of events or as one JSON object, whichever it is.
///
/// Pure, and fed with bytes as they come; however they are cut, the same is understood.
package struct ModelReader {
  /// How an answer ended.
  package enum Finish: String, Sendable {
    /// The model has said what it wanted to say.
    case stop
    /// It was cut: by `max_tokens`, or because the model takes no more.
    case length
    /// It, or a filter, did not want to go on.
    case refused
    /// It wants to use a tool, though none was offered.
    case tools
  }

  /// What has come, of either API.
  struct Answer {
    var model: String?
    var usage = ModelUsage()
    var finish: Finish?
    /// Whether the marker of the end has come.
    var isDone = false
    /// Bytes of text that have come.
    var textBytes = 0
    /// Whether anything of an answer has come: then it is not asked for again.
    var hasContent = false
    /// What a model says that does not want to answer.
    var refusal = ""
    /// The message as it came.
    var received: [(String, JSONValue)] = []
  }

  private enum Form { case unknown, events, whole, page }

  private let api: ModelSettings.API
  private let textLimit: Int
  private var form = Form.unknown
  private var start: [UInt8] = []
  private var whole: [UInt8] = []
  private var events: EventStreamParser
  private var count = 0
  private var eventCount = 0
  /// The first bytes that are no blanks: whether it is a stream at all.
  private var opening: [UInt8] = []
  private var think = ThinkFilter()
  private var chunks = ChatChunks()
  private var blocks = MessageBlocks()

  /// Bytes of an answer that is one object.
  static let wholeLimit = 32 << 20
  /// Bytes of a stream, keep-alives and thoughts included.
  static let streamLimit = 256 << 20

  /// A reader for one answer; `textLimit`: how many bytes of text it may have.
  package init(_ api: ModelSettings.API, textLimit: Int = 16 << 20) {
    self.api = api
    self.textLimit = textLimit
    events = EventStreamParser(limit: 8 << 20)
  }

  private var answer: Answer {
    get { api == .openai ? chunks.answer : blocks.answer }
    set { if api == .openai { chunks.answer = newValue } else { blocks.answer = newValue } }
  }

  // MARK: - What has come

  /// Whether nothing more is to come.
  package var isDone: Bool { answer.isDone }
  /// Whether anything of an answer has come.
  package var hasContent: Bool { answer.hasContent }
  /// What was used so far.
  package var usage: ModelUsage { answer.usage }
  /// The model that answers, as it says.
  package var model: String? { answer.model }
  /// How it ended.
  package var finish: Finish? { answer.finish }
  /// What a model said that did not want to answer.
  package var refusal: String { ModelProblem.shown(answer.refusal) }
  /// The answer as a message that can be sent back.
  package var message: JSONObject { api == .openai ? chunks.message : blocks.message }

  // MARK: - Reading

  /// Takes more bytes, and gives text as soon as it is complete.
  ///
  /// - Throws: `ModelProblem`.
  package mutating func take(_ bytes: [UInt8], onText: (String) -> Void) throws(ModelProblem) {
    count += bytes.count
    switch form {
    case .unknown:
      start += bytes
      guard let first = start.first(where: { !Self.isBlank($0) }) else {
        guard start.count <= 65_536 else { throw ModelProblem(.garbled, "the answer is nothing but blanks") }
        return
      }
      let begun = start
      start = []
      switch first {
      case UInt8(ascii: "{"), UInt8(ascii: "["): form = .whole
      case UInt8(ascii: "<"): form = .page
      default: form = .events
      }
      count -= begun.count
      try take(begun, onText: onText)
    case .whole:
      whole += bytes
      guard whole.count <= Self.wholeLimit else {
        throw ModelProblem(.tooLarge, "the answer has more than \(Self.wholeLimit) bytes")
      }
    case .page: throw ModelProblem(.garbled, "the answer is a web page, as of a proxy")
    case .events: try takeEvents(bytes, onText)
    }
  }

  /// The end of the bytes: what was still held back, and whether the answer is whole.
  ///
  /// - Throws: `ModelProblem`.
  package mutating func end(onText: (String) -> Void) throws(ModelProblem) {
    switch form {
    case .unknown: throw ModelProblem(.broken, "the answer is empty")
    case .page: throw ModelProblem(.garbled, "the answer is a web page, as of a proxy")
    case .whole: try takeWhole(onText)
    case .events:
      // Some forget the empty line behind the last event.
      if !answer.isDone { try takeRest(onText) }
      guard eventCount > 0 else {
        let isStream = [":", "data:", "event", "id:", "retry"].contains { opening.starts(with: $0.utf8) }
        throw isStream
          ? ModelProblem(.broken, "the answer broke off before its first event")
          : ModelProblem(.garbled, "the answer is neither JSON nor a stream of events")
      }
    }
    guard answer.isDone || answer.finish != nil else {
      throw ModelProblem(.broken, "the answer broke off before its end")
    }
    if !answer.isDone { finishText(onText) }
    answer.isDone = true
  }

  private mutating func takeRest(_ onText: (String) -> Void) throws(ModelProblem) {
    do throws(ModelProblem) {
      try takeEvents([0x0A, 0x0A], onText)
    } catch {
      guard error.kind == .garbled else { throw error }
      throw ModelProblem(.broken, "the answer broke off in the middle of an event")
    }
  }

  private mutating func takeEvents(_ bytes: [UInt8], _ onText: (String) -> Void) throws(ModelProblem) {
    guard count <= Self.streamLimit else {
      throw ModelProblem(.tooLarge, "the stream has more than \(Self.streamLimit) bytes")
    }
    for byte in bytes where opening.count < 5 {
      if !opening.isEmpty || !Self.isBlank(byte) { opening.append(byte) }
    }
    let found: [ServerSentEvent]
    do {
      found = try events.feed(bytes)
    } catch {
      throw ModelProblem(.garbled, error.description)
    }
    for event in found where !answer.isDone {
      eventCount += 1
      let data = Array(event.data.utf8)
      let rest = data.drop { $0 == 0x20 }
      if rest.isEmpty { continue }
      if rest.starts(with: Array("[DONE]".utf8)) {
        answer.isDone = true
      } else {
        try take(try Self.parse(data, "an event"), event.type, onText)
      }
      if answer.isDone { finishText(onText) }
    }
  }

  private mutating func takeWhole(_ onText: (String) -> Void) throws(ModelProblem) {
    try take(try Self.parse(whole, "the answer"), "message", onText)
    whole = []
    guard answer.hasContent || answer.finish != nil else {
      throw ModelProblem(.garbled, "the answer is JSON of another kind than was asked for")
    }
    // All of it is there, whatever it says about its end.
    answer.finish = answer.finish ?? .stop
  }

  private mutating func take(
    _ value: JSONValue, _ type: String, _ onText: (String) -> Void
  ) throws(ModelProblem) {
    if let problem = ModelProblem(inside: value) { throw problem }
    if type == "error" {
      throw ModelProblem(
        .serverError, ModelProblem.shown(value["message"]?.string ?? "an error without words"))
    }
    let text = api == .openai ? try chunks.take(value) : try blocks.take(value, type)
    guard !text.isEmpty else { return }
    answer.textBytes += text.utf8.count
    guard answer.textBytes <= textLimit else {
      throw ModelProblem(.tooLarge, "the text has more than \(textLimit) bytes")
    }
    let said = think.take(text)
    if !said.isEmpty { onText(said) }
  }

  private mutating func finishText(_ onText: (String) -> Void) {
    let said = think.finish()
    if !said.isEmpty { onText(said) }
  }

  /// Blanks, and the byte order mark.
  private static func isBlank(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == 0xEF || byte == 0xBB || byte == 0xBF
  }

  private static func parse(_ bytes: [UInt8], _ what: String) throws(ModelProblem) -> JSONValue {
    do {
      return try JSONReader.parse(bytes, limits: JSONLimits(maxBytes: wholeLimit))
    } catch {
      throw ModelProblem(.garbled, "\(what) is no JSON: \(ModelProblem.shown("\(error)"))")
    }
  }
}
