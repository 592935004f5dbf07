package import JSON

extension JSONObject {
  /// The parameters of a call, in the order written; those that are nil are left out.
  package static func of(_ members: KeyValuePairs<String, JSONValue?>) -> JSONObject {
    JSONObject(members.compactMap { name, value in value.map { (name, $0) } })
  }
}

extension JSONValue {
  /// A number of the platform's: of a chat, a person, a message.
  package static func id(_ number: Int64) -> JSONValue { .number(JSONNumber(Int(number))) }
}
