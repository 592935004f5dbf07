package import Settings

/// What `agim setup` says: one catalogue a language.
package struct Words: Sendable {
  let reason: @Sendable (Reason) -> String
  let choose: String
  let notShown: String
  let importFound: @Sendable (String) -> String
  let imported: String
  let leftOut: String
  let notYet: @Sendable (String) -> String
  let agent: String
  let ownProgram: String
  let noAgent: String
  let agentName: String
  let badName: String
  let programLine: String
  let approvers: String
  let badPerson: @Sendable (String) -> String
  let nothing: String
  let newFile: @Sendable (String) -> String
  let difference: @Sendable (String) -> String
  let comments: @Sendable (Int) -> String
  let dryRun: String
  let write: String
  let written: @Sendable (String) -> String
  let backup: @Sendable (String) -> String
  let unchanged: String
  let yes: [String]
  let no: [String]
  let yesOrNo: String
  let outOfRange: @Sendable (Int) -> String
  let removed: @Sendable (String) -> String
  let hooksLater: @Sendable (String) -> String
  let hooksTrust: String
  let hooksAbsent: @Sendable (String) -> String
  let hooksNobody: String

  /// The catalogue of a language.
  package static func of(_ language: Language) -> Words {
    switch language {
    case .en: english
    case .zh: chinese
    }
  }
}
