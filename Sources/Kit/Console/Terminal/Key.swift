/// What a person does at a keyboard.
package enum Key: Equatable, Sendable {
  /// Characters.
  case text(String)
  /// Text that came from a clipboard, whole.
  case paste(String)
  /// Enter.
  case enter
  /// Enter with Alt: a new line within the text.
  case newline
  /// The key that takes the character before the cursor away.
  case backspace
  /// The key that takes the character under the cursor away.
  case delete
  case left
  case right
  case up
  case down
  case home
  case end
  case wordLeft
  case wordRight
  /// Takes the word before the cursor away.
  case deleteWordLeft
  /// Takes the word behind the cursor away.
  case deleteWordRight
  case escape
  /// A letter with the control key, as a capital.
  case control(Unicode.Scalar)
  /// A key that means nothing here.
  case other
}
