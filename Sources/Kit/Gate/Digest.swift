internal import Crypto
internal import JSON
package import Policy

/// What a yes is about, in 64 hexadecimal digits: when any of it changes, so do they.
package enum Digest {
  /// Scripts and programs longer than this are not read: that the file is the same must do.
  package static let scriptLimit = 16 << 20

  /// The digest of a call as the policy judged it.
  ///
  /// It covers agent, session, tool and whose it is, the complete input, the work directory without links, the programs, and
  /// the content of scripts outside the system's directories.
  ///
  /// - Throws: `CryptoError`.
  package static func of(
    _ call: ToolCall, _ subject: PolicySubject, _ judgement: Judgement, files: any FileFacts
  ) throws -> String {
    var json = JSONWriter()
    json.beginArray()
    json.value("agim request 2")
    json.value(subject.agent)
    json.value(subject.session)
    json.value(call.dialect.rawValue)
    json.value(call.tool)
    json.value(call.isPartial)
    if let input = call.input { json.value(try SHA256.hex(input)) } else { json.null() }
    json.value(files.resolve(call.workdir, from: "/").path)
    json.beginArray()
    for program in judgement.programs { json.value(program) }
    json.endArray()
    json.beginArray()
    for script in judgement.scripts {
      json.value(script)
      if let content = files.contents(of: script, limit: scriptLimit) {
        json.value(try SHA256.hex(content))
      } else if let identity = files.identity(of: script) {
        json.value(identity)
      } else {
        json.null()
      }
    }
    json.endArray()
    json.endArray()
    return try SHA256.hex(json.bytes)
  }
}
