internal import Console
internal import JSON

/// What makes text of spoken messages: a program, or an endpoint like OpenAI's.
package struct TranscriptionSettings: Sendable {
  /// A program and its arguments; it gets the recording on standard input and prints the text.
  package let command: [String]?
  /// An endpoint, up to and with its version; the path of the call is added.
  package let url: String?
  /// Its API key, not yet looked up.
  package let key: Credential?
  /// The model that it is asked to use.
  package let model: String
  /// The language that is spoken; nil where it is to find out.
  package let language: String?
  /// How long a message waits for its text.
  package let timeout: Duration

  /// Takes an object that `ConfigCheck` has accepted; nil where there is none, or it names nothing.
  init?(_ object: JSONObject?, base: String) {
    guard let object else { return nil }
    command = object["command"]?.array?.compactMap(\.string)
    url = object["url"]?.string
    guard command?.isEmpty == false || url != nil else { return nil }
    let place: Place = [.name("models"), .name("transcribe"), .name("key")]
    key = object["key"].flatMap { value in
      // Its form was checked.
      try? Credential.parse(value, Credential.Owner(place), base: base) { message, hint in
        Failure(.configuration, message, hint: hint)
      }
    }
    model = object["model"]?.string ?? "whisper-1"
    language = object["language"]?.string
    timeout = object["timeout"].flatMap { DurationText.parse($0) } ?? .seconds(25)
  }
}
